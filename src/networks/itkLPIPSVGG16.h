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
#ifndef itkLPIPSVGG16_h
#define itkLPIPSVGG16_h

#include "itkPerceptualNetwork.h"

#include <array>

namespace itk
{
namespace colorization
{
/** LPIPS with the convolutions of VGG-16, all of 3x3, and the maximum of 2x2 before each layer but the first.
 *
 * | layer   | of                            | output                |
 * |---------|-------------------------------|-----------------------|
 * | relu1_2 | features.0, 2                 | N x 64 x H x W        |
 * | relu2_2 | features.5, 7                 | N x 128 x H/2 x W/2   |
 * | relu3_3 | features.10, 12, 14           | N x 256 x H/4 x W/4   |
 * | relu4_3 | features.17, 19, 21           | N x 512 x H/8 x W/8   |
 * | relu5_3 | features.24, 26, 28           | N x 512 x H/16 x W/16 |
 *
 * 14,716,160 parameters: 14,714,688 of VGG-16, 1,472 weights of maps. Extents of at least 16 pixels.
 *
 * \par Reference
 * K. Simonyan, A. Zisserman: Very Deep Convolutional Networks for Large-Scale Image Recognition. ICLR, 2015. */
class LPIPSVGG16 : public PerceptualNetwork
{
public:
  static constexpr const char * Name = "LPIPSVGG16";

  explicit LPIPSVGG16(const Parameters & parameters = {})
    : PerceptualNetwork(16)
  {
    constexpr std::array<int, 5>          depths{ { 2, 2, 3, 3, 3 } };
    constexpr std::array<std::int64_t, 5> multiples{ { 1, 2, 4, 8, 8 } };
    std::int64_t                          channels = 3;
    int                                   position = 0;
    for (std::size_t level = 0; level < depths.size(); ++level)
    {
      const std::int64_t width = multiples[level] * parameters.width;
      for (int i = 0; i < depths[level]; ++i, position += 2)
      {
        this->AddConvolution(position,
                             torch::nn::Conv2dOptions(channels, width, 3).padding(1),
                             level > 0 && i == 0 ? 2 : 0);
        channels = width;
      }
      ++position;
      this->EndLayer();
    }
  }
};

} // namespace colorization
} // namespace itk

#endif
