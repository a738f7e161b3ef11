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
#ifndef itkStyleTransfer_h
#define itkStyleTransfer_h

#include "itkNetwork.h"
#include "itkStyleTransferParameters.h"

#include <memory>
#include <string>
#include <vector>

namespace itk
{
namespace colorization
{
/** Looks for the picture that has the content of one picture and the style of another (Gatys, Ecker, Bethge 2016).
 *
 * F_l are the N_l features of layer l at its M_l pixels for the picture x, P_l those for the content, and
 * G_l = F_l F_l^T / (N_l M_l) the Gram matrix, A_l that of the style. The loss is
 *
 *   alpha sum_l v_l mean((F_l - P_l)^2) + beta sum_l w_l mean((G_l - A_l)^2) + gamma V(x)
 *
 * where V is the mean, over components and pixels, of the squared differences to the next pixel along x and y. As every
 * Gram matrix is over its own M_l, the style may have another size than the content.
 *
 * \par Reference
 * L. A. Gatys, A. S. Ecker, M. Bethge: Image Style Transfer Using Convolutional Neural Networks. CVPR, 2016.
 * doi:10.1109/CVPR.2016.265 */
class StyleTransfer
{
public:
  /** Computes the features of the content and the Gram matrices of the style.
   * \throws ModelError if the network is not VGG-19 on three channels in float32, has no such layer, or if a picture is
   * too small for a layer */
  StyleTransfer(const Network &                 network,
                const ColorPlanes &             content,
                const ColorPlanes &             style,
                const StyleTransferParameters & parameters);
  ~StyleTransfer();

  /** The loss of a picture of the content's size.
   * \param gradient if not null, its derivatives by the picture's values */
  StyleTransferLoss
  Evaluate(const float * image, float * gradient);

  /** The Gram matrix of the style at the i-th of the style layers, row after row. */
  std::vector<float>
  GetStyleGram(std::size_t i) const;

  /** Minimises the loss.
   * \param image in: where the search begins; out: where it ends, not clamped to 0..1
   * \throws ModelError if the loss is not finite */
  StyleTransferReport
  Run(float * image, const StyleTransferProgress & progress);

private:
  class Impl;
  std::unique_ptr<Impl> m_Impl;
};

} // namespace colorization
} // namespace itk

#endif
