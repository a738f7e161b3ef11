"""Colour atlases, from an array of NumPy to the colours of a scan."""
import numpy as np
import pytest

# A head of ellipsoids: center and radii in mm along x, y and z, the photograph's colour, the scan's value.
PARTS = [
    ((0, 0, 0), (70, 85, 75), (225, 200, 150), 200),
    ((0, 0, 0), (62, 77, 67), (235, 225, 205), 95),
    ((0, 8, 0), (54, 66, 58), (170, 110, 95), 120),
    ((22, 20, 8), (18, 24, 22), (120, 40, 35), 150),
    ((-26, 15, -6), (14, 30, 18), (200, 150, 110), 80),
    ((0, -35, 25), (20, 14, 24), (150, 80, 60), 180),
    ((6, 35, -30), (26, 16, 15), (215, 170, 120), 60),
]
SPACING = 3.0


def make_labels(size, origin, stretch=1.0):
    """Numbers of parts, from 1 on; 0 is air."""
    axes = [(start + SPACING * np.arange(count)) / stretch for count, start in zip(size, origin)]
    z, y, x = np.meshgrid(*reversed(axes), indexing="ij")
    labels = np.zeros(z.shape, int)
    for number, (center, radii, _, _) in enumerate(PARTS, 1):
        inside = sum(((at - middle) / radius)**2 for at, middle, radius in zip((x, y, z), center, radii)) < 1.0
        labels[inside] = number
    return labels


def make_image(itk, values, origin, is_vector=False):
    image = itk.image_from_array(np.ascontiguousarray(values), is_vector=is_vector)
    image.SetSpacing([SPACING] * 3)
    image.SetOrigin(origin)
    return image


@pytest.fixture(scope="module")
def atlas(itk):
    origin = (-84.0, -102.0, -90.0)
    labels = make_labels((56, 68, 60), origin)
    colors = np.array([(0, 0, 0, 0)] + [part[2] + (255,) for part in PARTS], np.uint8)
    made = itk.ColorAtlas.New(name="phantom", credit="nobody")
    made.SetColorImage(make_image(itk, colors[labels], origin, is_vector=True))
    return made


@pytest.fixture(scope="module")
def scan(itk):
    """The head again, 4 % larger, and elsewhere in its field of view: image and numbers of parts."""
    size, origin = (54, 64, 60), (-75.0, -91.0, -88.0)
    labels = make_labels(size, origin, stretch=1.04)
    noise = np.random.default_rng(5).uniform(0.0, 6.0, labels.shape)
    values = np.array([0] + [part[3] for part in PARTS])[labels] + noise
    return make_image(itk, values.astype(np.float32), origin), labels


@pytest.fixture(scope="module")
def registration_modules(itk):
    """Skips what registers, where ITK was built without its modules of registration."""
    if not itk.VolumeRegistrationMethod.IsAvailable():
        pytest.skip("this ITK has no modules of registration")


@pytest.fixture(scope="module")
def colorized(itk, registration_modules, atlas, scan):
    """The filter after its update."""
    colorize = itk.AtlasColorizationImageFilter.New(scan[0], luminance=itk.ColorizationEnums.Luminance_Reference)
    colorize.SetAtlas(atlas)
    colorize.Update()
    return colorize


def test_atlas_of_an_array(itk, atlas, tmp_path):
    assert atlas.GetNumberOfSlices() == 60 and atlas.IsPhotographed(30) and not atlas.IsBridged(30)
    level = atlas.GetLevel(30)
    assert level["is_photographed"] is True and level["body_area"] > 10000.0
    assert sum(level["lightness_histogram"]) == pytest.approx(1.0)
    assert len(atlas.GetLevelDescriptors()) == 60
    path = str(tmp_path / "atlas.nrrd")
    atlas.Write(path)
    assert itk.ColorAtlas.IsColorAtlas(path)
    read = itk.ColorAtlas.New()
    read.Read(path)
    assert (read.GetName(), read.GetCredit()) == ("phantom", "nobody")
    assert np.array_equal(itk.array_view_from_image(read.GetColorImage()),
                          itk.array_view_from_image(atlas.GetColorImage()))
    with pytest.raises(RuntimeError, match="nowhere"):
        read.Read(str(tmp_path / "nowhere.nrrd"))


def test_each_part_gets_its_color(itk, colorized, scan):
    rgb = itk.array_view_from_image(colorized.GetOutput())
    assert not rgb[scan[1] == 0].any()
    for number, (_, _, color, _) in enumerate(PARTS, 1):
        np.testing.assert_allclose(np.median(rgb[scan[1] == number], axis=0), color, atol=12.0)


def test_report(itk, colorized):
    registration = colorized.GetRegistration()
    report = registration.GetReport()
    assert np.linalg.norm(report.place) < 10.0
    np.testing.assert_allclose(report.scale, 1.04, atol=0.03)
    assert report.coverage > 0.9 and report.bodyOverlap > 0.9 and 0.3 < report.agreement <= 1.0
    assert report.placementInformation > report.rivalInformation > 0.0
    assert report.isCutOut is False and report.seconds > 0.0
    assert registration.GetStage() == "deformable"
    # A point of the scan is 4 % farther from the middle than that of the atlas: here, between skull and skin.
    point = registration.GetTransform().TransformPoint([0.0, 0.0, 1.04 * 67.0])
    np.testing.assert_allclose([point[i] for i in range(3)], [0.0, 0.0, 67.0], atol=5.0)


def test_registration_by_itself(itk, atlas, scan, colorized):
    registration = itk.AtlasRegistration.New(scan_image=scan[0])
    registration.SetAtlas(atlas)
    registration.Update()
    assert registration.GetReport().agreement == colorized.GetRegistration().GetReport().agreement


def test_what_cannot_be_placed_is_refused(itk, registration_modules, atlas, scan):
    colorize = itk.AtlasColorizationImageFilter.New(scan[0])
    with pytest.raises(RuntimeError, match="There is no atlas"):
        colorize.Update()
    colorize.SetAtlas(atlas)
    colorize.GetRegistration().SetLeastAgreement(2.0)
    with pytest.raises(RuntimeError, match="LeastAgreement is 2, but has to be in 0 ... 1"):
        colorize.Update()
    # A ball of 3 cm.
    z, y, x = np.mgrid[-10:11, -10:11, -10:11]
    ball = np.where(z**2 + y**2 + x**2 < 25, 100.0 + x, 0.0).astype(np.float32)
    small = itk.AtlasColorizationImageFilter.New(make_image(itk, ball, (-30.0, -30.0, -30.0)))
    small.SetAtlas(atlas)
    with pytest.raises(RuntimeError, match="shows too little of a body"):
        small.Update()


def test_script(itk, registration_modules, atlas, scan, run_script, tmp_path):
    itk.imwrite(scan[0], str(tmp_path / "scan.nrrd"))
    atlas.Write(str(tmp_path / "atlas.nrrd"))
    done = run_script("atlas_colorization.py", tmp_path / "scan.nrrd", tmp_path / "atlas.nrrd", tmp_path / "color.nrrd",
                      "--match-radius", 6, "--luminance", "source")
    wanted = itk.AtlasColorizationImageFilter.New(scan[0], match_radius=6.0,
                                                  luminance=itk.ColorizationEnums.Luminance_Source)
    wanted.SetAtlas(atlas)
    wanted.Update()
    written = itk.imread(str(tmp_path / "color.nrrd"))
    assert np.array_equal(itk.array_view_from_image(written), itk.array_view_from_image(wanted.GetOutput()))
    assert "Photographs: nobody" in done.stdout and "agreement" in done.stdout and "ssim " in done.stdout
    done = run_script("atlas_colorization.py", tmp_path / "scan.nrrd", tmp_path / "scan.nrrd", tmp_path / "color.nrrd",
                      wanted=2)
    assert len(done.stderr.splitlines()) == 1 and "scan.nrrd" in done.stderr


def test_without_registration_a_sentence_says_so(itk, atlas, scan):
    if itk.VolumeRegistrationMethod.IsAvailable():
        pytest.skip("this ITK has modules of registration")
    colorize = itk.AtlasColorizationImageFilter.New(scan[0])
    colorize.SetAtlas(atlas)
    with pytest.raises(RuntimeError, match="has no ITK modules of registration"):
        colorize.Update()
