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
#include "itkNetworkTrainer.h"

#include "../networks/training/itkTraining.h"

namespace itk
{
std::vector<std::string>
NetworkTrainer::GetSystems()
{
  return colorization::GetTrainingSystems();
}

void
NetworkTrainer::SetParameters(const ParametersType & parameters)
{
  m_Parameters = parameters;
  this->Modified();
}

void
NetworkTrainer::Train()
{
  colorization::TrainingObserver observer;
  observer.progress = [this](const ProgressType & progress)
  {
    m_Progress = progress;
    this->InvokeEvent(IterationEvent());
    return !m_Abort;
  };
  observer.test = [this](const TestType & test)
  {
    m_Test = test;
    this->InvokeEvent(ProgressEvent());
  };
  try
  {
    m_Report = colorization::Train(m_Parameters, observer);
  }
  catch (const ExceptionObject &)
  {
    throw;
  }
  catch (const std::bad_alloc &)
  {
    itkExceptionMacro(<< "There is not enough memory for training.");
  }
  catch (const std::exception & error)
  {
    itkExceptionMacro(<< error.what());
  }
}

void
NetworkTrainer::PrintSelf(std::ostream & os, Indent indent) const
{
  Superclass::PrintSelf(os, indent);
  os << indent << "System: " << m_Parameters.system << std::endl;
  os << indent << "Data: " << m_Parameters.data << std::endl;
  os << indent << "Output: " << m_Parameters.output << std::endl;
  os << indent << "Steps: " << m_Parameters.steps << std::endl;
  os << indent << "Step: " << m_Progress.step << std::endl;
  os << indent << "Abort: " << (m_Abort ? "On" : "Off") << std::endl;
}
} // namespace itk
