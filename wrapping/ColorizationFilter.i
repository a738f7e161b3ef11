// What Python's side of a filter has beyond its C++ methods. SWIG reads this once, however many files include it: code
// for each of them is in colorization_use_types() of CMakeLists.txt.

// A list as a keyword argument comes element by element where ITK can do that: one alone has to be understood, too.
%define COLORIZATION_SEQUENCE(type)
%typemap(in) type const & (type values)
{
  if (!itk::colorization::FromSequence($input, values))
  {
    SWIG_fail;
  }
  $1 = &values;
}
%typemap(freearg) type const & ""
%enddef
COLORIZATION_SEQUENCE(itkArrayUI)
COLORIZATION_SEQUENCE(std::vector<std::string>)

%typemap(out) itk::colorization::ColorizationMetricsReport const &
{
  $result = itk::colorization::ToDictionary(*$1);
}

// What a filter returns stays as it is when the filter runs again, or is gone.
%define COLORIZATION_COPIED(type)
%typemap(out) type const &
{
  $result = SWIG_NewPointerObj(new type(*$1), $descriptor(type *), SWIG_POINTER_OWN);
}
%enddef
COLORIZATION_COPIED(itk::colorization::AtlasRegistrationReport)
COLORIZATION_COPIED(itk::colorization::LevinReport)
COLORIZATION_COPIED(itk::colorization::NetworkMetadata)
COLORIZATION_COPIED(itk::colorization::SliceAnalogyParameters)
COLORIZATION_COPIED(itk::colorization::StyleTransferLoss)
COLORIZATION_COPIED(itk::colorization::StyleTransferParameters)
COLORIZATION_COPIED(itk::colorization::VolumeRegistrationReport)

// What the cores and C++ programs use.
%ignore *::Run;
%ignore *::RunLayers;
// Parts whose images Python does not have.
%ignore *::GetModifiableNetwork;
%ignore *::GetModifiablePropagation;
%ignore *::GetNetwork;
%ignore *::GetPropagation;
%ignore *::Smooth;
%ignore *::TransferStyle;
%ignore *::UseThreads;

// From ITK 6 on SWIG gives the lock away itself, but for these.
%define COLORIZATION_RUN(name)
%nothread name::Update;
%nothread name::UpdateLargestPossibleRegion;
%extend name
{
  PyObject * Update()
  {
    return itk::colorization::RunUnlocked(self, [self] { self->Update(); });
  }
  PyObject * UpdateLargestPossibleRegion()
  {
    return itk::colorization::RunUnlocked(self, [self] { self->UpdateLargestPossibleRegion(); });
  }
}
%enddef

// The measures are the result, by name.
%define COLORIZATION_METRICS(name)
%ignore name::GetOutput;
%extend name
{
  %pythoncode %{
    def SetInput(self, *args):
        """The colorized image: that of SetResultImage()."""
        self.SetResultImage(args[-1])

    def __internal_call__(self):
        self.Update()
        return self.GetReport()
  %}
}
%enddef

// What became of the slices that were coloured by analogy, and how photographs lay upon them: tuples of dictionaries.
%define COLORIZATION_HINT_SLICES(name)
%typemap(out) std::vector< name::HintSliceReport > const &
{
  $result = PyTuple_New(static_cast<Py_ssize_t>($1->size()));
  for (std::size_t i = 0; i < $1->size(); ++i)
  {
    const auto &     slice = (*$1)[i];
    PyObject * const photographs = PyTuple_New(static_cast<Py_ssize_t>(slice.photographs.size()));
    for (std::size_t k = 0; k < slice.photographs.size(); ++k)
    {
      const auto & choice = slice.photographs[k];
      PyTuple_SET_ITEM(photographs,
                       static_cast<Py_ssize_t>(k),
                       Py_BuildValue("{s:n,s:d}", "photograph", static_cast<Py_ssize_t>(choice.photograph), "weight",
                                     choice.weight));
    }
    PyTuple_SET_ITEM($result,
                     static_cast<Py_ssize_t>(i),
                     Py_BuildValue("{s:l,s:d,s:d,s:N}", "index", static_cast<long>(slice.index), "similarity",
                                   slice.similarity, "mean_distance", slice.meanDistance, "photographs", photographs));
  }
}
%enddef
%typemap(out) std::vector< itk::colorization::PhotographPose > const &
{
  $result = PyTuple_New(static_cast<Py_ssize_t>($1->size()));
  for (std::size_t i = 0; i < $1->size(); ++i)
  {
    const auto & pose = (*$1)[i];
    PyTuple_SET_ITEM($result,
                     static_cast<Py_ssize_t>(i),
                     Py_BuildValue("{s:n,s:(NNN),s:d}", "photograph", static_cast<Py_ssize_t>(pose.photograph),
                                   "orientation", PyBool_FromLong(pose.orientation[0]),
                                   PyBool_FromLong(pose.orientation[1]), PyBool_FromLong(pose.orientation[2]),
                                   "spacing", pose.spacing));
  }
}

// Outputs of other types than the first's, which ITK's GetOutput() does not know.
%define COLORIZATION_HINT_OUTPUTS(name)
%extend name
{
  %pythoncode %{
    def GetOutput(self, index=0):
        """The hint image, the hint mask or the confidence."""
        return (super().GetOutput, self.GetHintMaskOutput, self.GetConfidenceOutput)[index]()
  %}
}
%enddef
%define COLORIZATION_FIELD_OUTPUTS(name)
%extend name
{
  %pythoncode %{
    def GetOutput(self, index=0):
        """The field or the distance."""
        return (super().GetOutput, self.GetDistanceOutput)[index]()
  %}
}
%enddef
%define COLORIZATION_CONFIDENCE_OUTPUTS(name)
%extend name
{
  %pythoncode %{
    def GetOutput(self, index=0):
        """The colours or their confidence."""
        return (super().GetOutput, self.GetConfidenceOutput)[index]()
  %}
}
%enddef
