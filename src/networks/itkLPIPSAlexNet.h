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
#ifndef itkLPIPSAlexNet_h
#define itkLPIPSAlexNet_h

#include "itkPerceptualNetwork.h"

namespace itk
{
namespace colorization
{
/** LPIPS with the convolutions of AlexNet, as torchvision has them.
 *
 * | layer | of                                             | output                          |
 * |-------|------------------------------------------------|---------------------------------|
 * | relu1 | features.0: 11x11, stride 4, padding 2         | N x 64 x (H-7)/4+1 x (W-7)/4+1  |
 * | relu2 | maximum of 3x3, stride 2; features.3: 5x5      | N x 192, half of it             |
 * | relu3 | maximum of 3x3, stride 2; features.6: 3x3      | N x 384, half of it             |
 * | relu4 | features.8: 3x3                                | N x 256, the same               |
 * | relu5 | features.10: 3x3                               | N x 256, the same               |
 *
 * 2,470,848 parameters: 2,469,696 of AlexNet, 1,152 weights of maps. Extents of at least 31 pixels.
 *
 * \par Reference
 * A. Krizhevsky: One weird trick for parallelizing convolutional neural networks. 2014. arXiv:1404.5997 */
class LPIPSAlexNet : public PerceptualNetwork
{
public:
  static constexpr const char * Name = "LPIPSAlexNet";

  explicit LPIPSAlexNet(const Parameters & parameters = {})
    : PerceptualNetwork(31)
  {
    using Options = torch::nn::Conv2dOptions;
    const std::int64_t width = parameters.width;
    this->AddConvolution(0, Options(3, width, 11).stride(4).padding(2));
    this->EndLayer();
    this->AddConvolution(3, Options(width, 3 * width, 5).padding(2), 3);
    this->EndLayer();
    this->AddConvolution(6, Options(3 * width, 6 * width, 3).padding(1), 3);
    this->EndLayer();
    this->AddConvolution(8, Options(6 * width, 4 * width, 3).padding(1));
    this->EndLayer();
    this->AddConvolution(10, Options(4 * width, 4 * width, 3).padding(1));
    this->EndLayer();
  }
};

} // namespace colorization
} // namespace itk

#endif
