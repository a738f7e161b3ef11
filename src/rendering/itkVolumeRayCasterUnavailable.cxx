#include "itkVolumeRayCaster.h"

#include <stdexcept>

namespace itk
{
namespace colorization
{
bool
IsRayCastAvailable()
{
  return false;
}

std::vector<std::uint8_t>
RayCastVolume(const std::uint8_t *,
              const std::array<std::size_t, 3> &,
              const std::array<double, 3> &,
              const RayCastParameters &,
              const ProgressCallback &)
{
  throw std::runtime_error("Volumes cannot be rendered: this build of the Colorization module has no VTK.");
}

} // namespace colorization
} // namespace itk
