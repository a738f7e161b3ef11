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
#ifndef itkNetworkModel_h
#define itkNetworkModel_h

#include "ColorizationExport.h"
#include "itkColorizationFilterUtilities.h"
#include "itkDeepFeatureMetrics.h"
#include "itkNetworkMetadata.h"
#include "itkStyleTransferParameters.h"
#include "itkTiledInference.h"

#include "itkObject.h"
#include "itkObjectFactory.h"

#include <array>
#include <memory>
#include <string>
#include <vector>

namespace itk
{
namespace colorization
{
class Network;
}

/** \class NetworkModel
 * \brief A neural network: its weights, how it wants its input, and what it runs on.
 *
 * Files are safetensors or TorchScript. A safetensors file names one of the architectures of GetArchitectures() in its
 * metadata, with its hyper-parameters, input, output and tiles; nothing in it is executed. VGG-19 is recognised by its
 * tensors, in torchvision's names or timm's, and needs no metadata; and so are LPIPSAlexNet and LPIPSVGG16, whose
 * tensors have torchvision's names (`features.0.weight`) or those of the public package lpips (`net.slice1.0.weight`),
 * and `lin0.model.1.weight` ... `lin4.model.1.weight` (or `lins.0.model.1.weight` ...). A TorchScript file holds its
 * own code: run what you trust. It may have the same metadata in an extra file "colorization.json"; without it,
 * SetMetadata() tells how it wants its input.
 *
 * A file that is not where it is said to be is looked for in the folder that the environment variable
 * ITK_COLORIZATION_MODELS names, under its name and with the ending .safetensors, and then among the models that the
 * module is installed with. Nothing is ever downloaded.
 *
 * Throws an exception with one sentence that names the file and what is wrong with it, tensor by tensor; or that the
 * module was built without LibTorch: IsAvailable() tells.
 *
 * \ingroup Colorization */
class Colorization_EXPORT NetworkModel : public Object
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(NetworkModel);

  using Self = NetworkModel;
  using Superclass = Object;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;
  using MetadataType = colorization::NetworkMetadata;

  itkNewMacro(Self);
  itkOverrideGetNameOfClassMacro(NetworkModel);

  /** Whether the module was built with LibTorch. */
  static bool
  IsAvailable();

  /** Names of the architectures that safetensors files may have. */
  static std::vector<std::string>
  GetArchitectures();

  /** Name of the model that the module is installed with: it colours slices of any contrast, see models/README.md. */
  static constexpr const char * AnyContrast = "any-contrast";

  /** Where `name` is: itself if there is such a file, else in ITK_COLORIZATION_MODELS, else where the module is installed.
   * Throws an exception that says where it was looked for, and, if it is a public one, where it can be had. */
  static std::string
  Locate(const std::string & name);

  /** Loads a file; the device and precision have to be set before. */
  void
  Load(const std::string & fileName);

  bool
  IsLoaded() const
  {
    return m_Network != nullptr;
  }

  /** Makes a network of GetArchitectures() with fresh weights, on the processor.
   * \param hyperParameters JSON object; what it does not name has its default */
  void
  Initialize(const std::string & architecture, const std::string & hyperParameters, std::uint64_t seed);

  /** Writes weights and metadata as safetensors, for networks of GetArchitectures(). */
  void
  Save(const std::string & fileName) const;

  /** "auto" (the first GPU, or else the processor), "cpu" or "cuda:N". Default: "auto". */
  itkSetStringMacro(Device);
  itkGetStringMacro(Device);

  /** "float32", or on a GPU "float16" or "bfloat16". Default: "float32". */
  itkSetStringMacro(Precision);
  itkGetStringMacro(Precision);

  /** How the network wants its input and what its output means. Changing it does not change the weights. */
  void
  SetMetadata(const MetadataType & metadata);
  const MetadataType &
  GetMetadata() const
  {
    return m_Metadata;
  }

  /** Tiles that run together; 0: as the model says, or 4 slices, or 1 block. Default: 0. */
  itkSetMacro(BatchSize, unsigned int);
  itkGetConstMacro(BatchSize, unsigned int);

  /** The file that was loaded. */
  itkGetStringMacro(FileName);

  /** Trainable numbers of the network. */
  SizeValueType
  GetNumberOfParameters() const;

  /** The device in use, such as "cpu" or "cuda:0". */
  std::string
  GetDeviceInUse() const;

  /** The file's SHA-256, 64 hexadecimal digits; computed when first asked for. */
  std::string
  GetSHA256() const;

  /** Throws an exception if the file's SHA-256 is another; upper and lower case count the same. */
  void
  VerifySHA256(const std::string & wanted) const;

  /** Lets LibTorch use `threads` threads, until what is returned is destroyed: then as many as before. */
  std::shared_ptr<void>
  UseThreads(unsigned int threads) const;

  /** Runs tiles; see TiledInference. */
  colorization::TileValues
  Run(const float * input, std::size_t batch, const std::array<std::size_t, 3> & size, unsigned int output) const;

  /** Runs slices and returns what named layers make of them. */
  std::vector<colorization::TileValues>
  RunLayers(const float *                      input,
            std::size_t                        batch,
            const std::array<std::size_t, 3> & size,
            const std::vector<std::string> &   layers) const;

  /** Runs pictures through a network that makes N x D or N x D x 1 x 1 features of them.
   * \param input batch x channels x picture, x fastest; the metadata are not looked at
   * \param size width and height */
  colorization::FeatureSamples
  RunFeatures(const float *                      input,
              std::size_t                        batch,
              std::size_t                        channels,
              const std::array<std::size_t, 2> & size) const;

  /** The values of one of its tensors, the last axis fastest; for networks of GetArchitectures(). */
  std::vector<float>
  GetWeights(const std::string & tensor) const;

  /** Looks for the picture that has the content of one picture and the style of another, with VGG-19 on three channels:
   * what the formulas of StyleTransferImageFilter say.
   * \param image of the content's size: in, where the search begins; out, where it ends, not clamped to 0..1 */
  colorization::StyleTransferReport
  TransferStyle(const colorization::ColorPlanes &             content,
                const colorization::ColorPlanes &             style,
                const colorization::StyleTransferParameters & parameters,
                float *                                       image,
                const colorization::StyleTransferProgress &   progress) const;

protected:
  NetworkModel();
  ~NetworkModel() override;

  void
  PrintSelf(std::ostream & os, Indent indent) const override;

private:
  colorization::Network &
  GetNetwork() const;

  std::unique_ptr<colorization::Network> m_Network;
  MetadataType                           m_Metadata{};
  std::string                            m_FileName{};
  std::string                            m_Device{ "auto" };
  std::string                            m_Precision{ "float32" };
  unsigned int                           m_BatchSize{ 0 };
  mutable std::string                    m_SHA256{};
};
} // namespace itk

#endif
