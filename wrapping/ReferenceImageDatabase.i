// Photographs, problems and matches of itk.ReferenceImageDatabase are dictionaries.
%{
#include "itkReferenceImageDatabase.h"

namespace
{
PyObject *
ToDictionary(const itk::colorization::ReferenceImage & image)
{
  return Py_BuildValue("{s:s,s:K,s:s,s:(nn)}",
                       "path",
                       image.path.c_str(),
                       "bytes",
                       static_cast<unsigned long long>(image.bytes),
                       "sha256",
                       image.sha256.c_str(),
                       "size",
                       static_cast<Py_ssize_t>(image.size[0]),
                       static_cast<Py_ssize_t>(image.size[1]));
}

PyObject *
ToDictionary(const itk::colorization::ReferenceImageProblem & problem)
{
  return Py_BuildValue("{s:s,s:s}", "path", problem.path.c_str(), "reason", problem.reason.c_str());
}

PyObject *
ToDictionary(const itk::colorization::ReferenceImageMatch & match)
{
  return Py_BuildValue("{s:n,s:d,s:(NNN)}",
                       "index",
                       static_cast<Py_ssize_t>(match.index),
                       "similarity",
                       match.similarity,
                       "orientation",
                       PyBool_FromLong(match.orientation[0]),
                       PyBool_FromLong(match.orientation[1]),
                       PyBool_FromLong(match.orientation[2]));
}

template <typename TElement>
PyObject *
ToTuple(const std::vector<TElement> & elements)
{
  PyObject * const tuple = PyTuple_New(static_cast<Py_ssize_t>(elements.size()));
  for (std::size_t i = 0; i < elements.size(); ++i)
  {
    PyTuple_SET_ITEM(tuple, static_cast<Py_ssize_t>(i), ToDictionary(elements[i]));
  }
  return tuple;
}
} // namespace
%}

%typemap(out) itk::colorization::ReferenceImage const &
{
  $result = ToDictionary(*$1);
}
%typemap(out) std::vector< itk::colorization::ReferenceImageProblem > const &
{
  $result = ToTuple(*$1);
}
%typemap(out) std::vector< itk::colorization::ReferenceImageProblem >
{
  $result = ToTuple<itk::colorization::ReferenceImageProblem>($1);
}
%typemap(out) std::vector< itk::colorization::ReferenceImageMatch >
{
  $result = ToTuple<itk::colorization::ReferenceImageMatch>($1);
}
