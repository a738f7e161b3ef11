/*=========================================================================
 *
 *  Copyright NumFOCUS
 *
 *  Licensed under the Apache License, Version 2.0 (the "License");
 *  you may not use this file except in compliance with the License.
 *  You may obtain a copy of the License at
 *
 *         https://www.apache.org/licenses/LICENSE-2.0.txt
 *
 *  Unless required by applicable law or agreed to in writing, software
 *  distributed under the License is distributed on an "AS IS" BASIS,
 *  WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 *  See the License for the specific language governing permissions and
 *  limitations under the License.
 *
 *=========================================================================*/
#ifndef itkColorizationPython_h
#define itkColorizationPython_h

#include <Python.h>

#include "itkArray.h"
#include "itkColorizationMetrics.h"
#include "itkCommand.h"
#include "itkProcessObject.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace itk
{
namespace colorization
{
/** Lets other threads of Python run for as long as it lives. */
class UnlockedPython
{
public:
  UnlockedPython()
    : m_State(PyEval_SaveThread())
  {}
  ~UnlockedPython()
  {
    PyEval_RestoreThread(m_State);
  }
  ITK_DISALLOW_COPY_AND_MOVE(UnlockedPython);

private:
  PyThreadState * m_State;
};

/** Stops a filter at its next step after Ctrl-C; what Python raised for it is kept for the caller of Update(). */
class InterruptObserver : public Command
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(InterruptObserver);

  using Self = InterruptObserver;
  using Superclass = Command;
  using Pointer = SmartPointer<Self>;

  itkNewMacro(Self);

  void
  Execute(Object * caller, const EventObject &) override
  {
    const PyGILState_STATE state = PyGILState_Ensure();
    if (PyErr_CheckSignals() != 0)
    {
      PyErr_Fetch(&m_Type, &m_Value, &m_Traceback);
      static_cast<ProcessObject *>(caller)->AbortGenerateDataOn();
    }
    PyGILState_Release(state);
  }
  void
  Execute(const Object *, const EventObject &) override
  {}

  /** Raises in Python what was kept; tells whether there was anything. */
  bool
  Raise()
  {
    if (m_Type == nullptr)
    {
      return false;
    }
    PyErr_Restore(m_Type, m_Value, m_Traceback);
    m_Type = m_Value = m_Traceback = nullptr;
    return true;
  }

protected:
  InterruptObserver() = default;
  ~InterruptObserver() override
  {
    Py_XDECREF(m_Type);
    Py_XDECREF(m_Value);
    Py_XDECREF(m_Traceback);
  }

private:
  PyObject * m_Type{ nullptr };
  PyObject * m_Value{ nullptr };
  PyObject * m_Traceback{ nullptr };
};

/** Whether a filter or what it gets its inputs from is written in Python, and so needs Python's lock: itk.PyImageFilter
 * does not take it. */
inline bool
IsWrittenInPython(ProcessObject * filter)
{
  if (std::string(filter->GetNameOfClass()) == "PyImageFilter")
  {
    return true;
  }
  for (const DataObject::Pointer & input : filter->GetInputs())
  {
    ProcessObject * const source = input ? input->GetSource().GetPointer() : nullptr;
    if (source && IsWrittenInPython(source))
    {
      return true;
    }
  }
  return false;
}

/** Runs a filter without Python's lock, so that other threads of Python go on.
 * \return None; null if Ctrl-C stopped it, with what Python raises for that */
template <typename TUpdate>
PyObject *
RunUnlocked(ProcessObject * filter, const TUpdate & update)
{
  const InterruptObserver::Pointer observer = InterruptObserver::New();
  const unsigned long              tag = filter->AddObserver(ProgressEvent(), observer);
  try
  {
    if (IsWrittenInPython(filter))
    {
      update();
    }
    else
    {
      const UnlockedPython unlocked;
      update();
    }
  }
  catch (...)
  {
    filter->RemoveObserver(tag);
    if (observer->Raise())
    {
      return nullptr;
    }
    throw;
  }
  filter->RemoveObserver(tag);
  Py_RETURN_NONE;
}

inline bool
FromPython(PyObject * object, unsigned int & value)
{
  PyObject * const    number = PyNumber_Index(object);
  const unsigned long wide = number ? PyLong_AsUnsignedLong(number) : 0;
  Py_XDECREF(number);
  value = static_cast<unsigned int>(wide);
  if (!PyErr_Occurred() && value != wide)
  {
    PyErr_SetString(PyExc_OverflowError, "A number is too large.");
  }
  return !PyErr_Occurred();
}

inline bool
FromPython(PyObject * object, std::string & value)
{
  const char * const text = PyUnicode_AsUTF8(object);
  value = text ? text : "";
  return text != nullptr;
}

inline void
Resize(Array<unsigned int> & values, std::size_t size)
{
  values.SetSize(static_cast<unsigned int>(size));
}

inline void
Resize(std::vector<std::string> & values, std::size_t size)
{
  values.resize(size);
}

/** Takes the elements of a sequence, or one element alone.
 * \return false for others, with an exception of Python's */
template <typename TSequence>
bool
FromSequence(PyObject * object, TSequence & values)
{
  const bool       isElement = PyUnicode_Check(object) || !PySequence_Check(object);
  PyObject * const elements = isElement ? PyTuple_Pack(1, object) : PySequence_Tuple(object);
  if (elements == nullptr)
  {
    return false;
  }
  const std::size_t size = static_cast<std::size_t>(PyTuple_GET_SIZE(elements));
  Resize(values, size);
  bool isTaken = true;
  for (std::size_t i = 0; i < size && isTaken; ++i)
  {
    isTaken = FromPython(PyTuple_GET_ITEM(elements, static_cast<Py_ssize_t>(i)), values[i]);
  }
  Py_DECREF(elements);
  return isTaken;
}

/** Adds to a dictionary what nobody else holds. */
inline void
SetItem(PyObject * dictionary, const char * key, PyObject * value)
{
  PyDict_SetItemString(dictionary, key, value);
  Py_XDECREF(value);
}

/** One metric: value, reason, compared, of_volume, mean_of_slices, per_slice, parts. */
inline PyObject *
ToDictionary(const ColorizationMetricReport & metric)
{
  PyObject * const slices = PyList_New(0);
  for (const double value : metric.perSlice)
  {
    PyObject * const number = PyFloat_FromDouble(value);
    PyList_Append(slices, number);
    Py_DECREF(number);
  }
  PyObject * const parts = PyDict_New();
  for (const auto & part : metric.parts)
  {
    SetItem(parts, part.first.c_str(), PyFloat_FromDouble(part.second));
  }
  return Py_BuildValue("{s:d,s:s,s:s,s:d,s:d,s:N,s:N}",
                       "value",
                       metric.value,
                       "reason",
                       metric.reason.c_str(),
                       "compared",
                       metric.compared.c_str(),
                       "of_volume",
                       metric.ofVolume,
                       "mean_of_slices",
                       metric.meanOfSlices,
                       "per_slice",
                       slices,
                       "parts",
                       parts);
}

/** All metrics by name, such as psnr_y. */
inline PyObject *
ToDictionary(const ColorizationMetricsReport & report)
{
  PyObject * const dictionary = PyDict_New();
  for (std::size_t i = 0; i < NumberOfColorizationMetrics; ++i)
  {
    const auto metric = static_cast<ColorizationMetric>(i);
    SetItem(dictionary, NameOfMetric(metric), ToDictionary(report[metric]));
  }
  return dictionary;
}
} // namespace colorization
} // namespace itk

#endif
