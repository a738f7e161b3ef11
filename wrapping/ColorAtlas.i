// Levels of itk.ColorAtlas are dictionaries.
%{
#include "itkColorAtlas.h"

namespace
{
template <std::size_t VLength>
PyObject *
NumbersOf(const std::array<double, VLength> & numbers)
{
  PyObject * const tuple = PyTuple_New(static_cast<Py_ssize_t>(VLength));
  for (std::size_t i = 0; i < VLength; ++i)
  {
    PyTuple_SET_ITEM(tuple, static_cast<Py_ssize_t>(i), PyFloat_FromDouble(numbers[i]));
  }
  return tuple;
}

PyObject *
ToDictionary(const itk::colorization::ColorAtlasLevel & level)
{
  return Py_BuildValue("{s:N,s:N,s:d,s:N,s:N,s:N,s:N}",
                       "is_photographed",
                       PyBool_FromLong(level.isPhotographed),
                       "is_bridged",
                       PyBool_FromLong(level.isBridged),
                       "body_area",
                       level.bodyArea,
                       "centroid",
                       NumbersOf(level.centroid),
                       "extents",
                       NumbersOf(level.extents),
                       "mean_lab",
                       NumbersOf(level.meanLab),
                       "lightness_histogram",
                       NumbersOf(level.lightnessHistogram));
}
} // namespace
%}

%typemap(out) itk::colorization::ColorAtlasLevel const &
{
  $result = ToDictionary(*$1);
}
%typemap(out) std::vector< itk::colorization::ColorAtlasLevel > const &
{
  $result = PyTuple_New(static_cast<Py_ssize_t>($1->size()));
  for (std::size_t i = 0; i < $1->size(); ++i)
  {
    PyTuple_SET_ITEM($result, static_cast<Py_ssize_t>(i), ToDictionary((*$1)[i]));
  }
}
