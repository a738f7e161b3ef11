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
#include "itkTraining.h"

#include "../itkNetwork.h"
#include "../itkTorchNetwork.h"
#include "itkAnyContrastTraining.h"
#include "itkCTToRGBTraining.h"
#include "itkColorMedGANTraining.h"
#include "itkCrossModalTraining.h"
#include "itkSegmenterTraining.h"
#include "itkTrainingCheckpoint.h"
#include "itkVolumeGANTraining.h"

#include <nlohmann/json.hpp>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <map>

namespace itk
{
namespace colorization
{
namespace
{
using Factory = std::unique_ptr<TrainingSystem> (*)(const TrainingSetting &);

const std::map<std::string, Factory> &
Systems()
{
  static const std::map<std::string, Factory> systems{
    { "any-contrast", &MakeAnyContrastTraining },  { "attention-segmenter", &MakeAttentionSegmenterTraining },
    { "color-med-gan", &MakeColorMedGANTraining }, { "cross-modal", &MakeCrossModalTraining },
    { "ct-to-rgb", &MakeCTToRGBTraining },         { "segmenter", &MakeSegmenterTraining },
    { "volume-gan", &MakeVolumeGANTraining }
  };
  return systems;
}

std::unique_ptr<TrainingSystem>
MakeSystem(const std::string & name, const TrainingSetting & setting)
{
  const auto found = Systems().find(name);
  if (found == Systems().end())
  {
    std::string names;
    for (const auto & entry : Systems())
    {
      names += (names.empty() ? "" : ", ") + entry.first;
    }
    throw ModelError("The system is \"" + name + "\", but has to be one of " + names + '.');
  }
  return found->second(setting);
}

void
VerifyParameters(const TrainingParameters & parameters)
{
  constexpr std::uint64_t most = 1000000000;
  const auto verify = [](const char * name, std::uint64_t value, std::uint64_t least, std::uint64_t greatest)
  {
    if (value < least || value > greatest)
    {
      throw ModelError(std::string(name) + " is " + std::to_string(value) + ", but has to be in " +
                       std::to_string(least) + " ... " + std::to_string(greatest) + '.');
    }
  };
  verify("The number of steps", parameters.steps, 1, most);
  verify("The batch", parameters.batch, 1, 65536);
  verify("The interval of checkpoints", parameters.checkpointInterval, 1, most);
  verify("The interval of previews", parameters.previewInterval, 0, most);
}

torch::ScalarType
ParseTrainingPrecision(const std::string & precision)
{
  if (precision != "float32" && precision != "bfloat16")
  {
    throw ModelError("The precision is \"" + precision + "\", but training has float32 and bfloat16.");
  }
  return precision == "float32" ? torch::kFloat32 : torch::kBFloat16;
}

/** A table with a row for each step; on resuming, rows of later steps go. */
class Log
{
public:
  Log(const std::string & path, std::uint64_t doneSteps)
    : m_Path(path)
  {
    if (path.empty())
    {
      return;
    }
    std::string kept;
    if (doneSteps > 0)
    {
      std::ifstream old(path);
      std::string   line;
      for (std::uint64_t row = 0; row <= doneSteps && std::getline(old, line); ++row)
      {
        kept += line + '\n';
      }
    }
    m_HasHeader = !kept.empty();
    m_File.open(path, std::ios::trunc);
    m_File << kept;
    this->Verify();
  }

  void
  Add(const TrainingProgress & progress)
  {
    if (m_Path.empty())
    {
      return;
    }
    if (!m_HasHeader)
    {
      m_File << "step";
      for (const auto & loss : progress.losses)
      {
        m_File << ',' << loss.first;
      }
      m_File << ",samples_per_second\n";
      m_HasHeader = true;
    }
    m_File << progress.step;
    for (const auto & loss : progress.losses)
    {
      m_File << ',' << loss.second;
    }
    m_File << ',' << progress.samplesPerSecond << '\n' << std::flush;
    this->Verify();
  }

private:
  void
  Verify() const
  {
    if (!m_File)
    {
      throw ModelError(m_Path + ": the file cannot be written.");
    }
  }

  std::string   m_Path;
  std::ofstream m_File{};
  bool          m_HasHeader = false;
};

/** The loop that all systems share. */
class Trainer
{
public:
  Trainer(const TrainingParameters & parameters, const TrainingObserver & observer)
    : m_Parameters(parameters)
    , m_Observer(observer)
    , m_Data(parameters.data)
    , m_Device(ParseDevice(parameters.device))
    , m_Precision(ParseTrainingPrecision(parameters.precision))
  {
    torch::manual_seed(parameters.seed);
    m_System = MakeSystem(parameters.system,
                          { m_Data,
                            parameters.hyperParameters,
                            m_Device,
                            m_Precision,
                            parameters.batch,
                            parameters.seed,
                            parameters.steps,
                            parameters.networks });
    if (!parameters.resume.empty())
    {
      m_Step = ReadCheckpoint(*m_System, this->Description(), parameters.resume);
      if (m_Step >= parameters.steps)
      {
        throw ModelError(parameters.resume + ": " + std::to_string(m_Step) +
                         " steps are done, so there is nothing to go on with to " + std::to_string(parameters.steps) +
                         '.');
      }
    }
  }

  TrainingReport
  Run()
  {
    const auto start = std::chrono::steady_clock::now();
    m_FirstStep = m_Step;
    Log  log(m_Parameters.log, m_Step);
    bool goesOn = true;
    while (goesOn && m_Step < m_Parameters.steps)
    {
      this->OneStep();
      const TrainingProgress progress = this->ProgressSince(start);
      log.Add(progress);
      goesOn = !m_Observer.progress || m_Observer.progress(progress);
      const bool isLast = !goesOn || m_Step == m_Parameters.steps;
      if (isLast || m_Step % m_Parameters.checkpointInterval == 0)
      {
        this->Save();
      }
      if (isLast || (m_Parameters.previewInterval > 0 && m_Step % m_Parameters.previewInterval == 0))
      {
        this->Test();
      }
    }
    return this->ReportSince(start);
  }

private:
  /** What has to be the same on resuming. */
  std::string
  Description() const
  {
    nlohmann::json description;
    description["system"] = m_Parameters.system;
    description["batch"] = m_Parameters.batch;
    description["seed"] = m_Parameters.seed;
    description["precision"] = m_Parameters.precision;
    description["hyper_parameters"] = nlohmann::json::parse(m_System->GetHyperParameters());
    return description.dump();
  }

  void
  OneStep()
  {
    // Dropout and noise of a step do not depend on the steps before it.
    torch::manual_seed(m_Parameters.seed * 0x9E3779B97F4A7C15ull + m_Step);
    m_Losses = m_System->Step(m_Step);
    ++m_Step;
    for (const auto & [name, value] : m_Losses)
    {
      if (!std::isfinite(value))
      {
        throw ModelError("In step " + std::to_string(m_Step) + " the loss \"" + name + "\" is " +
                         (std::isnan(value) ? "NaN" : "infinite") +
                         ", so training stops; the last checkpoint is as it was.");
      }
    }
  }

  double
  Rate(double seconds) const
  {
    return static_cast<double>((m_Step - m_FirstStep) * m_Parameters.batch) / seconds;
  }

  static double
  SecondsSince(std::chrono::steady_clock::time_point start)
  {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }

  TrainingProgress
  ProgressSince(std::chrono::steady_clock::time_point start) const
  {
    TrainingProgress progress;
    progress.step = m_Step;
    progress.steps = m_Parameters.steps;
    progress.losses = m_Losses;
    progress.samplesPerSecond = this->Rate(SecondsSince(start));
    progress.secondsLeft =
      static_cast<double>((m_Parameters.steps - m_Step) * m_Parameters.batch) / progress.samplesPerSecond;
    return progress;
  }

  void
  Save()
  {
    const std::string description = this->Description();
    WriteCheckpoint(*m_System, m_Step, description, m_Parameters.output + ".checkpoint");
    nlohmann::json training = nlohmann::json::parse(description);
    training["steps"] = m_Step;
    for (const TrainingVolume & volume : m_Data.GetVolumes())
    {
      training["credits"][volume.information.name] = volume.information.credit;
    }
    m_System->Save(m_Parameters.output, training.dump());
  }

  void
  Test()
  {
    TrainingTest test = m_System->Test();
    test.step = m_Step;
    m_Measures = test.measures;
    if (m_Observer.test)
    {
      m_Observer.test(test);
    }
  }

  TrainingReport
  ReportSince(std::chrono::steady_clock::time_point start) const
  {
    TrainingReport report;
    report.steps = m_Step;
    report.losses = m_Losses;
    report.measures = m_Measures;
    report.seconds = SecondsSince(start);
    report.samplesPerSecond = this->Rate(report.seconds);
    report.device = m_Device.is_cuda() ? "cuda:" + std::to_string(m_Device.index()) : "cpu";
    for (const auto & network : m_System->GetNetworks())
    {
      for (const torch::Tensor & parameter : network.second->parameters())
      {
        report.parameters += parameter.numel();
      }
    }
    return report;
  }

  TrainingParameters              m_Parameters;
  TrainingObserver                m_Observer;
  TrainingData                    m_Data;
  torch::Device                   m_Device;
  torch::ScalarType               m_Precision;
  std::unique_ptr<TrainingSystem> m_System{};
  std::uint64_t                   m_Step = 0;
  std::uint64_t                   m_FirstStep = 0;
  TrainingValues                  m_Losses{};
  TrainingValues                  m_Measures{};
};
} // namespace

std::vector<std::string>
GetTrainingSystems()
{
  std::vector<std::string> names;
  for (const auto & entry : Systems())
  {
    names.push_back(entry.first);
  }
  return names;
}

TrainingReport
Train(const TrainingParameters & parameters, const TrainingObserver & observer)
{
  VerifyParameters(parameters);
  const auto threads = parameters.threads > 0 ? UseTorchThreads(static_cast<int>(parameters.threads)) : nullptr;
  try
  {
    return Trainer(parameters, observer).Run();
  }
  catch (const c10::Error & error)
  {
    throw ModelError("Torch failed in training: " + FirstLineOf(error.what_without_backtrace()) + '.');
  }
}

} // namespace colorization
} // namespace itk
