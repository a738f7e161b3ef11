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
// SolveLevin() and its peers on the same systems: two chroma channels, three hint planes, the same relative residual.
// LevinSolverComparison [--parts sizes real contrast] [--json FILE]; see --help.
//
// Every solver runs in a process of its own (hypre in one a thread, as Debian's has MPI but no OpenMP), and gets the
// system from a file. The residual is taken afterwards, of what the solver wrote, by one function that makes the
// equations anew in double precision. "Bytes" is the growth of the peak resident set while the solver works, the
// assembled matrix included, the luminance, the confidence and the solution's own volumes not. "Time" is set-up and
// solution of both channels; assembly of a peer's matrix is shown beside it and not held against the peer.

#include "ChildProcess.h"
#include "LevinCases.h"
#include "LevinSolvers.h"

#include <boost/program_options.hpp>
#include <nlohmann/json.hpp>

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <iterator>
#include <sstream>

namespace po = boost::program_options;
using nlohmann::json;

namespace
{
constexpr double Gibibyte = 1024.0 * 1024.0 * 1024.0;
constexpr double DefaultTolerance = 1e-5;

struct Options
{
  std::vector<std::string> parts;
  std::vector<std::string> solvers;
  std::vector<std::string> contrastSolvers;
  std::vector<std::size_t> sizes;
  std::vector<std::string> images;
  std::vector<double>      contrasts;
  SolverOptions            solver;
  double                   tolerance = DefaultTolerance;
  double                   secondsLimit = 0.0;
  double                   memoryLimit = 0.0;
  bool                     tune = true;
  /** By solver. */
  std::map<std::string, SolverSettings> settings;
};

bool
Contains(const std::vector<std::string> & names, const std::string & name)
{
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::vector<std::string>
AvailableSolvers()
{
  return {
    "ours",
#ifdef BENCHMARK_HYPRE
    "hypre",
#endif
#ifdef BENCHMARK_EIGEN
    "eigen",
#endif
  };
}

/** "name=value name=value". */
SolverSettings
ParseSettings(const std::string & text)
{
  SolverSettings     settings;
  std::istringstream words(text);
  for (std::string word; words >> word;)
  {
    const auto equals = word.find('=');
    if (equals == std::string::npos)
    {
      throw std::invalid_argument("The setting " + word + " is not of the form name=value.");
    }
    settings[word.substr(0, equals)] = word.substr(equals + 1);
  }
  return settings;
}

std::string
ToString(const SolverSettings & settings)
{
  std::string text;
  for (const auto & [name, value] : settings)
  {
    text += (text.empty() ? "" : " ") + name + '=' + value;
  }
  return text;
}

/** What is tried for a peer; the first one is its default here. */
std::vector<SolverSettings>
Candidates(const std::string & solver)
{
  std::vector<std::string> texts;
  if (solver == "hypre")
  {
    texts = {
      "krylov=bicgstab coarsening=10 interpolation=6 elements=4 threshold=0.5 aggressive=0 relaxation=13",
      "krylov=bicgstab coarsening=10 interpolation=6 elements=4 threshold=0.25 aggressive=0 relaxation=13",
      "krylov=bicgstab coarsening=10 interpolation=6 elements=4 threshold=0.25 aggressive=1 relaxation=13",
      "krylov=bicgstab coarsening=10 interpolation=6 elements=4 threshold=0.5 aggressive=1 relaxation=13",
      "krylov=bicgstab coarsening=10 interpolation=6 elements=4 threshold=0.5 aggressive=0 relaxation=3",
      "krylov=bicgstab coarsening=8 interpolation=6 elements=4 threshold=0.5 aggressive=0 relaxation=13",
      "krylov=bicgstab coarsening=10 interpolation=17 elements=4 threshold=0.5 aggressive=0 relaxation=13",
      "krylov=gmres coarsening=10 interpolation=6 elements=4 threshold=0.5 aggressive=0 relaxation=13",
      "krylov=gmres coarsening=10 interpolation=6 elements=4 threshold=0.25 aggressive=1 relaxation=13",
      "krylov=gmres coarsening=10 interpolation=6 elements=4 threshold=0.25 aggressive=1 relaxation=3",
      "krylov=gmres coarsening=10 interpolation=17 elements=4 threshold=0.5 aggressive=0 relaxation=13",
    };
  }
  if (solver == "eigen")
  {
    texts = {
      "scalar=double drop=0.01 fill=1", "scalar=double drop=0.001 fill=2", "scalar=double drop=0.1 fill=1",
      "scalar=float drop=0.01 fill=1",  "scalar=float drop=0.1 fill=1",
    };
  }
  std::vector<SolverSettings> candidates(texts.size());
  std::transform(texts.begin(), texts.end(), candidates.begin(), ParseSettings);
  return candidates;
}

std::string
ProgramFileName()
{
  return std::filesystem::read_symlink("/proc/self/exe").string();
}

/** Starts a solver in a process of its own. */
class Bench
{
public:
  explicit Bench(const Options & options)
    : m_Options(options)
  {
    std::cout << std::left << std::setw(26) << "case" << std::setw(8) << "solver" << std::right << std::setw(10)
              << "voxels" << std::setw(6) << "iter" << std::setw(10) << "residual" << std::setw(11) << "assembly s"
              << std::setw(9) << "time s" << std::setw(10) << "us/voxel" << std::setw(9) << "B/voxel" << std::setw(10)
              << "reported" << std::endl;
  }

  /** What a row says besides the solver's result. */
  json m_Notes = json::object();

  /** Rows so far. */
  json m_Rows = json::array();

  /** Adds a row for each solver. */
  void
  Compare(const std::string & part, const std::string & name, LevinSystem system, std::vector<std::string> solvers)
  {
    system.parameters.tolerance = m_Options.tolerance;
    WriteLevinSystem(system, m_Folder.GetFile("system"));
    json ours;
    for (const std::string & solver : solvers)
    {
      json row = this->Measure(part, name, system, solver, this->SettingsOf(solver));
      Print(row);
      PrintRatios(ours, row);
      if (solver == "ours")
      {
        ours = row;
      }
      m_Rows.push_back(std::move(row));
    }
  }

  /** Takes the fastest candidate of each peer for what follows. */
  void
  Tune(const std::string & name, LevinSystem system, const std::vector<std::string> & solvers)
  {
    system.parameters.tolerance = m_Options.tolerance;
    WriteLevinSystem(system, m_Folder.GetFile("system"));
    for (const std::string & solver : solvers)
    {
      double best = 0.0;
      for (const SolverSettings & settings : Candidates(solver))
      {
        if (m_Options.settings.count(solver) > 0)
        {
          continue;
        }
        json row = this->Measure("tuning", name, system, solver, settings);
        Print(row);
        std::cout << "    " << ToString(settings) << std::endl;
        const bool solved = row.value("converged", false);
        if (solved && (best == 0.0 || row["seconds"].get<double>() < best))
        {
          best = row["seconds"];
          m_Best[solver] = settings;
        }
        m_Rows.push_back(std::move(row));
      }
      if (best > 0.0)
      {
        std::cout << "    fastest: " << ToString(m_Best[solver]) << std::endl;
      }
    }
  }

private:
  SolverSettings
  SettingsOf(const std::string & solver) const
  {
    for (const auto & source : { m_Options.settings, m_Best })
    {
      if (source.count(solver) > 0)
      {
        return source.at(solver);
      }
    }
    const auto candidates = Candidates(solver);
    return candidates.empty() ? SolverSettings() : candidates.front();
  }

  std::vector<std::string>
  Command(const std::string & solver, const SolverSettings & settings) const
  {
    std::vector<std::string> command;
#ifdef BENCHMARK_HYPRE
    if (solver == "hypre")
    {
      command = { BENCHMARK_MPIEXEC, BENCHMARK_MPIEXEC_NUMPROC_FLAG, std::to_string(m_Options.solver.threads) };
    }
#endif
    const std::vector<std::string> own = { ProgramFileName(),
                                           "--child",
                                           solver,
                                           "--settings",
                                           ToString(settings),
                                           "--threads",
                                           std::to_string(m_Options.solver.threads),
                                           "--repetitions",
                                           std::to_string(m_Options.solver.repetitions),
                                           "--folder",
                                           m_Folder.GetFile("") };
    command.insert(command.end(), own.begin(), own.end());
    return command;
  }

  json
  Measure(const std::string &    part,
          const std::string &    name,
          const LevinSystem &    system,
          const std::string &    solver,
          const SolverSettings & settings)
  {
    const auto voxels = static_cast<double>(system.Count());
    json       row = m_Notes;
    row["part"] = part;
    row["case"] = name;
    row["size"] = system.size;
    row["voxels"] = system.Count();
    row["solver"] = solver;
    row["settings"] = ToString(settings);
    const double expected = m_BytesPerVoxel[solver] * voxels;
    if (expected > m_Options.memoryLimit)
    {
      std::ostringstream reason;
      reason << std::setprecision(3) << "would take about " << expected / Gibibyte << " GiB, as the cases before; "
             << m_Options.memoryLimit / Gibibyte << " are allowed";
      row["skipped"] = reason.str();
      return row;
    }
    std::filesystem::remove(m_Folder.GetFile("result"));
    std::filesystem::remove(m_Folder.GetFile("error"));
    // Addresses are not memory yet: libraries, and what processes share, take some.
    const ChildLimits limits{ m_Options.secondsLimit,
                              m_Options.memoryLimit / (solver == "hypre" ? m_Options.solver.threads : 1) +
                                4.0 * Gibibyte };
    const std::string failure = RunChild(this->Command(solver, settings), limits, m_Folder.GetFile("log"));
    if (!failure.empty())
    {
      std::string error;
      std::getline(std::ifstream(m_Folder.GetFile("error")), error);
      row["skipped"] = error.empty() ? failure : error;
      return row;
    }
    row.update(json::parse(std::ifstream(m_Folder.GetFile("result"))));
    const double residual =
      LevinResidual(system, ReadFloats(LevinChannels * system.Count(), m_Folder.GetFile("solution")));
    row["residual"] = residual;
    // Rounding the solution to floats shows in the third digit.
    row["converged"] = residual <= 1.02 * m_Options.tolerance;
    row["us_per_voxel"] = 1e6 * row["seconds"].get<double>() / voxels;
    row["bytes_per_voxel"] = row["bytes"].get<double>() / voxels;
    row["reported_bytes_per_voxel"] = row["reported_bytes"].get<double>() / voxels;
    // Small cases are no measure for large ones.
    if (part != "tuning" && voxels > 2e5)
    {
      m_BytesPerVoxel[solver] = row["bytes_per_voxel"];
    }
    return row;
  }

  static void
  Print(const json & row)
  {
    std::cout << std::left << std::setw(26) << row["case"].get<std::string>() << std::setw(8)
              << row["solver"].get<std::string>() << std::right << std::setw(10) << row["voxels"].get<std::size_t>();
    if (row.contains("skipped"))
    {
      std::cout << "  skipped: " << row["skipped"].get<std::string>() << std::endl;
      return;
    }
    const double reported = row["reported_bytes_per_voxel"];
    std::cout << std::setw(6) << row["iterations"].get<unsigned int>() << std::setw(10) << std::scientific
              << std::setprecision(2) << row["residual"].get<double>() << std::fixed << std::setw(11)
              << row["assembly_seconds"].get<double>() << std::setw(9) << std::setprecision(3)
              << row["seconds"].get<double>() << std::setw(10) << row["us_per_voxel"].get<double>() << std::setw(9)
              << std::setprecision(0) << row["bytes_per_voxel"].get<double>() << std::setw(10)
              << (reported > 0.0 ? std::to_string(std::lround(reported)) : "-")
              << (row["converged"].get<bool>() ? "" : "  not converged") << std::endl;
  }

  static void
  PrintRatios(const json & ours, const json & peer)
  {
    if (ours.contains("seconds") && peer.contains("seconds"))
    {
      std::cout << std::setprecision(1) << "    ours is "
                << peer["seconds"].get<double>() / ours["seconds"].get<double>() << " times faster, and takes "
                << peer["bytes"].get<double>() / ours["bytes"].get<double>() << " times less memory" << std::endl;
    }
  }

  const Options &                       m_Options;
  TemporaryFolder                       m_Folder;
  std::map<std::string, SolverSettings> m_Best;
  std::map<std::string, double>         m_BytesPerVoxel;
};

/** Solves the system in the folder. */
void
SolveInFolder(const std::string & solver, const SolverOptions & options, const std::string & folder)
{
  const LevinSystem system = ReadLevinSystem(folder + "system");
  SolverResult      result;
  bool              first = true;
  if (solver == "ours")
  {
    result = SolveWithOurs(system, options);
  }
#ifdef BENCHMARK_EIGEN
  else if (solver == "eigen")
  {
    result = SolveWithEigen(system, options);
  }
#endif
#ifdef BENCHMARK_HYPRE
  else if (solver == "hypre")
  {
    result = SolveWithHypre(system, options, first);
  }
#endif
  else
  {
    throw std::invalid_argument("There is no solver " + solver + '.');
  }
  if (!first)
  {
    return;
  }
  std::sort(result.times.begin(),
            result.times.end(),
            [](const SolverTimes & a, const SolverTimes & b) { return a.WithoutAssembly() < b.WithoutAssembly(); });
  const SolverTimes & median = result.times[result.times.size() / 2];
  json                all = json::array();
  for (const SolverTimes & times : result.times)
  {
    all.push_back(times.WithoutAssembly());
  }
  WriteFloats(result.solution, folder + "solution");
  std::ofstream(folder + "result") << json{
    { "iterations", result.iterations }, { "assembly_seconds", median.assembly },   { "setup_seconds", median.setup },
    { "solve_seconds", median.solve },   { "seconds", median.WithoutAssembly() },   { "seconds_of_runs", all },
    { "bytes", result.residentBytes },   { "reported_bytes", result.reportedBytes }
  };
}

/** What a process of the bench does. */
int
RunAsChild(const po::variables_map & given, SolverOptions options)
{
  const std::string folder = given["folder"].as<std::string>();
  try
  {
    options.settings = ParseSettings(given["settings"].as<std::string>());
    SolveInFolder(given["child"].as<std::string>(), options, folder);
    return 0;
  }
  catch (const std::exception & error)
  {
    // mpirun's own words would bury it.
    std::ofstream(folder + "error") << error.what() << std::endl;
    return 1;
  }
}

std::vector<std::string>
PeersOf(const Options & options)
{
  std::vector<std::string> peers = options.solvers;
  peers.erase(std::remove(peers.begin(), peers.end(), "ours"), peers.end());
  return peers;
}

/** The most cycles of ours in the rows since `from`, over the fewest. */
void
PrintGrowth(const json & rows, std::size_t from, const std::string & what)
{
  unsigned int fewest = 0;
  unsigned int most = 0;
  for (std::size_t i = from; i < rows.size(); ++i)
  {
    if (rows[i]["solver"] == "ours" && rows[i].contains("iterations"))
    {
      const unsigned int cycles = rows[i]["iterations"];
      fewest = fewest == 0 ? cycles : std::min(fewest, cycles);
      most = std::max(most, cycles);
    }
  }
  if (fewest > 0)
  {
    std::cout << "    ours: " << fewest << " to " << most << " cycles " << what << ": " << std::setprecision(2)
              << std::fixed << static_cast<double>(most) / fewest << " times" << std::endl;
  }
}

void
RunSizes(const Options & options, Bench & bench)
{
  constexpr std::size_t tuningExtent = 64;
  if (options.tune)
  {
    bench.Tune("smooth 64^3", MakeSmoothSystem(tuningExtent), PeersOf(options));
  }
  const std::size_t from = bench.m_Rows.size();
  for (const std::size_t extent : options.sizes)
  {
    bench.Compare("sizes", "smooth " + std::to_string(extent) + "^3", MakeSmoothSystem(extent), options.solvers);
  }
  PrintGrowth(bench.m_Rows, from, "over these sizes");
}

void
RunReal(const Options & options, Bench & bench)
{
  constexpr std::size_t tuningExtent = 80;
  bool                  tuned = !options.tune;
  for (const std::string & fileName : options.images)
  {
    const std::string name = std::filesystem::path(fileName).filename().string();
    if (!std::filesystem::exists(fileName))
    {
      std::cout << name << ": skipped, as there is no " << fileName << std::endl;
      continue;
    }
    const LevinSystem system = MakeImageSystem(fileName);
    if (!tuned)
    {
      bench.Tune("middle of " + name.substr(0, name.find('.')), MakeMiddle(system, tuningExtent), PeersOf(options));
      tuned = true;
    }
    bench.Compare("real", name.substr(0, name.find('.')), system, options.solvers);
  }
}

void
RunContrasts(const Options & options, Bench & bench)
{
  const std::array<std::size_t, 3> picture{ { 512, 512, 1 } };
  const std::array<std::size_t, 3> volume{ { 96, 96, 96 } };
  for (const auto & size : { picture, volume })
  {
    for (const auto variance : { InclusionVariance::Fixed, InclusionVariance::Own })
    {
      const std::string family = variance == InclusionVariance::Fixed ? "fixed variance" : "own variance";
      const std::string dimension = size[2] > 1 ? "3-D" : "2-D";
      const std::size_t from = bench.m_Rows.size();
      for (const double wanted : options.contrasts)
      {
        const LevinSystem    system = MakeInclusionSystem(size, wanted, variance);
        const WeightContrast contrast = MeasureWeightContrast(system);
        std::cout << std::scientific << std::setprecision(2) << dimension << ", " << family << ": contrast wanted "
                  << wanted << ", median " << contrast.median << ", largest " << contrast.largest << ", at "
                  << contrast.voxels << " voxels" << std::endl;
        bench.m_Notes = { { "family", family },
                          { "dimension", dimension },
                          { "contrast_wanted", wanted },
                          { "contrast_median", contrast.median },
                          { "contrast_largest", contrast.largest },
                          { "border_voxels", contrast.voxels } };
        std::ostringstream name;
        name << dimension << " contrast " << std::defaultfloat << wanted;
        bench.Compare("contrast", name.str(), system, options.contrastSolvers);
      }
      bench.m_Notes = json::object();
      PrintGrowth(bench.m_Rows, from, "over these contrasts");
    }
  }
}

std::string
Processor()
{
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
  {
    if (line.compare(0, 10, "model name") == 0)
    {
      return line.substr(line.find(':') + 2);
    }
  }
  return "unknown processor";
}

double
AvailableMemory()
{
  std::ifstream file("/proc/meminfo");
  for (std::string line; std::getline(file, line);)
  {
    if (line.compare(0, 13, "MemAvailable:") == 0)
    {
      return 1024.0 * std::stod(line.substr(13));
    }
  }
  return 4.0 * Gibibyte;
}

/** Open MPI counts cores and refuses root; here it gets as many processes as threads were asked for. */
void
SetEnvironmentOfMPI()
{
  setenv("OMPI_ALLOW_RUN_AS_ROOT", "1", 0);
  setenv("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1", 0);
  setenv("OMPI_MCA_rmaps_base_oversubscribe", "1", 0);
  setenv("OMPI_MCA_hwloc_base_binding_policy", "none", 0);
  // Processes that wait for one another must not keep it from running.
  setenv("OMPI_MCA_mpi_yield_when_idle", "1", 0);
  setenv("OMP_NUM_THREADS", "1", 0);
}

void
Run(const po::variables_map & given, Options options)
{
  for (const char * solver : { "hypre", "eigen" })
  {
    if (given.count(solver) > 0)
    {
      // What is not given is as in the first candidate.
      SolverSettings settings = ParseSettings(given[solver].as<std::string>());
      const auto     candidates = Candidates(solver);
      settings.insert(candidates.front().begin(), candidates.front().end());
      options.settings[solver] = settings;
    }
    else if (!Contains(AvailableSolvers(), solver))
    {
      std::cout << solver << " was not found when this was built, so its rows are missing." << std::endl;
    }
  }
  options.tune = given.count("no-tuning") == 0;
  options.memoryLimit = std::min(given["memory-limit"].as<double>() * Gibibyte, 0.9 * AvailableMemory());
  SetEnvironmentOfMPI();
  Bench                                                           bench(options);
  const std::map<std::string, void (*)(const Options &, Bench &)> parts{ { "sizes", RunSizes },
                                                                         { "real", RunReal },
                                                                         { "contrast", RunContrasts } };
  for (const std::string & part : options.parts)
  {
    if (parts.count(part) == 0)
    {
      throw std::invalid_argument("There is no part " + part + ": parts are sizes, real and contrast.");
    }
    parts.at(part)(options, bench);
    if (given.count("json") > 0)
    {
      // After each part, so that a long run that is stopped leaves what it has.
      std::ofstream(given["json"].as<std::string>()) << json{
        { "processor", Processor() },
        { "threads", options.solver.threads },
        { "tolerance", options.tolerance },
        { "rows", bench.m_Rows }
      }.dump(1) << '\n';
    }
  }
}
} // namespace

int
main(int argc, char * argv[])
{
  Options options;
  using Strings = std::vector<std::string>;
  po::options_description description("Solvers of Levin's colorization, compared");
  const auto              many = [](auto * values, auto defaults, const char * text)
  { return po::value(values)->multitoken()->default_value(std::move(defaults), text); };
  // clang-format off
  description.add_options()
    ("help", "show this")
    ("parts", many(&options.parts, Strings{ "sizes", "real", "contrast" }, "sizes real contrast"), "what to measure")
    ("solvers", many(&options.solvers, AvailableSolvers(), "all"), "ours, hypre, eigen")
    ("sizes", many(&options.sizes, std::vector<std::size_t>{ 64, 96, 128, 192, 256 }, "64 96 128 192 256"),
     "extents of the smooth volumes")
    ("images", many(&options.images, Strings{ "/usr/share/mricron/templates/ch2.nii.gz" }, "ch2 of mricron-data"),
     "image files of the real part")
    ("contrasts", many(&options.contrasts, std::vector<double>{ 1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6 }, "1 1e1 ... 1e6"),
     "contrasts of weights")
    ("contrast-solvers", many(&options.contrastSolvers, Strings{ "ours" }, "ours"), "ours, hypre, eigen")
    ("threads", po::value(&options.solver.threads)->default_value(2), "threads, and hypre's processes")
    ("tolerance", po::value(&options.tolerance)->default_value(DefaultTolerance, "1e-5"), "relative residual")
    ("repetitions", po::value(&options.solver.repetitions)->default_value(3),
     "runs for the median; one where it takes more than 5 s")
    ("time-limit", po::value(&options.secondsLimit)->default_value(300), "seconds for a solver and a case")
    ("memory-limit", po::value<double>()->default_value(24), "GiB for a solver, and 90 % of what is available at most")
    ("no-tuning", "take the peers' first settings instead of the fastest ones on a small case")
    ("hypre", po::value<std::string>(), "settings for hypre, name=value ...")
    ("eigen", po::value<std::string>(), "settings for Eigen, name=value ...")
    ("json", po::value<std::string>(), "file for all rows");
  po::options_description child("For the processes that it starts");
  child.add_options()
    ("child", po::value<std::string>(), "solver")
    ("settings", po::value<std::string>(), "its settings")
    ("folder", po::value<std::string>(), "where the system is");
  // clang-format on
  try
  {
    po::options_description all;
    all.add(description).add(child);
    po::variables_map given;
    po::store(po::parse_command_line(argc, argv, all), given);
    po::notify(given);
    if (given.count("help") > 0)
    {
      std::cout << description;
    }
    else if (given.count("child") > 0)
    {
      return RunAsChild(given, options.solver);
    }
    else
    {
      Run(given, options);
    }
  }
  catch (const std::exception & error)
  {
    std::cerr << error.what() << std::endl;
    return 1;
  }
  return 0;
}
