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
#ifndef itkAdamParameters_h
#define itkAdamParameters_h

namespace itk
{
namespace colorization
{
/** Hyper-parameters of Adam (Kingma and Ba, ICLR 2015). */
struct AdamParameters
{
  double learningRate = 1e-4;
  /** Decay of the mean of gradients (beta 1), and of that of their squares (beta 2). */
  double firstMoment = 0.5;
  double secondMoment = 0.999;

  template <typename TVisitor>
  void
  ForEach(TVisitor && visit)
  {
    visit("learning_rate", learningRate, 0.0, 1e6);
    visit("first_moment", firstMoment, 0.0, 0.9999);
    visit("second_moment", secondMoment, 0.0, 0.9999);
  }
};

} // namespace colorization
} // namespace itk

#endif
