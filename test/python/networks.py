"""Small networks with random weights, for tests."""


def make_model(itk, architecture, hyper_parameters, path=None, **metadata):
    """A model; with `path`, written there as well."""
    model = itk.NetworkModel.New()
    model.Initialize(architecture, hyper_parameters, 5)
    described = model.GetMetadata()
    for name, value in metadata.items():
        if name == "range":
            described.normalization.kind = itk.NetworkNormalizationKind.Range
            described.normalization.inputMinimum, described.normalization.inputMaximum = [value[0]], [value[1]]
        else:
            setattr(described, name, value)
    model.SetMetadata(described)
    if path:
        model.Save(str(path))
    return model


def make_vgg19(itk, path=None):
    return make_model(itk, "VGG19", '{"width":4,"linear_layers":0}', path)


def make_conversion(itk, path=None):
    return make_model(itk, "FCN3D", '{"widths":[4,1]}', path, range=(0.0, 255.0), outputScale=[4.0],
                      outputShift=[-1.5], colorSpace=itk.NetworkColorSpace.Luminance)


def make_colorizer(itk, path=None):
    return make_model(itk, "ColorMedGANGenerator", '{"width":4,"classes":3}', path, range=(0.0, 255.0),
                      outputScale=[0.5], outputShift=[0.5], colorSpace=itk.NetworkColorSpace.RGB)


def make_cross_modal(itk, path=None):
    return make_model(itk, "CrossModalGenerator", '{"width":4,"blocks":2,"reduction":4}', path, range=(0.0, 255.0),
                      colorSpace=itk.NetworkColorSpace.RGB)


def make_ct_colorizer(itk, path=None):
    ct = itk.CTToRGBImageFilter.values()[0].New()
    return make_model(itk, "Pix2PixGenerator", '{"width":2,"input_channels":3}', path, overlap=0.0,
                      normalization=ct.GetDefaultNormalization(), outputScale=[0.5], outputShift=[0.5],
                      colorSpace=itk.NetworkColorSpace.RGB)
