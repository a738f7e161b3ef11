#ifndef itkBodyMask_h
#define itkBodyMask_h

#include "ColorizationExport.h"
#include "itkColorizationParallelFor.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace itk
{
namespace colorization
{
/** Threshold that maximises the variance between the classes below and above it (Otsu, IEEE Trans. SMC 9(1), 1979).
 * \param histogram counts of equally wide bins from `lowest` to `highest`
 * \return the upper edge of the last bin of the lower class; of several equally good ones their mean */
Colorization_EXPORT double
OtsuThreshold(const std::vector<std::uint64_t> & histogram, double lowest, double highest);

/** Sets a mask to 0 except for its largest face-connected component; of equally large ones the first stays.
 * \param mask one byte a voxel, x fastest
 * \return voxels of that component */
Colorization_EXPORT std::size_t
KeepLargestComponent(std::uint8_t * mask, const std::array<std::size_t, 3> & size);

/** Sets to 1 what the mask encloses within each slice across `axis`: voxels from which no face-connected path within the
 * slice leads to the slice's border outside of the mask. */
Colorization_EXPORT void
FillHolesInSlices(std::uint8_t *                     mask,
                  const std::array<std::size_t, 3> & size,
                  unsigned int                       axis,
                  const ParallelFor &                parallelFor = SerialFor);

} // namespace colorization
} // namespace itk

#endif
