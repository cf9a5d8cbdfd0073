extension HelpPages {
  /// Layers, networks, and what they can do.
  static let networks = #"""
    # tel.nn.conv2d
    > tel.nn.conv2d(tel.ones(1, 1, 3, 3), tel.ones(1, 1, 3, 3), {padding = 1}):reshape(3, 3)
    4  6  4
    6  9  6
    4  6  4
    [float32 3×3]
    # tel.nn.resize
    > tel.nn.resize(tel.arange(4):reshape(1, 1, 2, 2), {1, 4}, {mode = "nearest"}):reshape(4)
    0  0  1  1
    [float32 4]
    # tel.nn.max_pool
    > tel.nn.max_pool(tel.arange(4):reshape(1, 1, 2, 2), {kernel = 2}):item()
    3.0
    # tel.nn.average_pool
    > tel.nn.average_pool(tel.arange(4):reshape(1, 1, 2, 2), {kernel = 2}):item()
    1.5
    # tel.nn.sum
    > tel.nn.sum({tel.ones(2), tel.full({2}, -3)}, {relu = true})
    0  0
    [float32 2]
    # tel.nn.Conv
    - inputs  channels C of what it is called on, [N, C, H, W]
    - outputs  channels of the result
    - kernel  side of the square window, in pixels
    - stride  step of the window; 2 halves the size
    - padding  zeros around the image; without it the size stays as it is at stride 1
    - dilation  distance of the window's pixels
    - bias  whether a number per channel is added
    - norm  whether batch normalisation follows
    - relu  whether what is negative becomes 0 at the end
    > layer = tel.nn.Conv{inputs = 3, outputs = 8, kernel = 3, stride = 2};
    > layer(tel.zeros(1, 3, 16, 16)):shape()
    {1, 8, 8, 8}
    # tel.nn.Linear
    - inputs  size of the last dimension of what it is called on, […, inputs]
    - outputs  size of the result's last dimension
    - bias  whether a number per output is added
    > tel.nn.Linear{inputs = 4, outputs = 2}(tel.zeros(5, 4)):shape()
    {5, 2}
    # tel.nn.Dropout
    - p  the chance that an element, or a channel, becomes 0 in training
    - channels  whether whole channels are dropped
    > tel.nn.Dropout{p = 0.1}(tel.ones(2, 2))
    1  1
    1  1
    [float32 2×2]
    # tel.nn.TreeFilter
    - groups  in how many groups the channels of x and embedding are split; distances are measured in each
    - sigma  what distances are divided by; without it they are taken as they are, and the embedding gets a gradient
    > layer = tel.nn.TreeFilter{groups = 1};
    > layer(tel.ones(1, 2, 4, 4), tel.zeros(1, 3, 4, 4), tel.zeros(1, 3, 4, 4)):mean():item()
    1.0
    # tel.module
    - children  its parts: names or a list of layers, modules and tel.models.…
    - forward  function(self, x): what calling it does
    - params  constants that forward reads as self.params
    > net = tel.module{
    .   children = {head = tel.nn.Conv{inputs = 3, outputs = 2, kernel = 1, norm = false, relu = false}},
    .   forward = function(self, x) return self.head(x) end,
    . };
    > net(tel.zeros(1, 3, 4, 4)):shape()
    {1, 2, 4, 4}
    # model
    - classes  K, the number of classes
    - pretrained  a file with the backbone's weights (PyTorch, safetensors or a checkpoint)
    - embedding  channels E of the embedding that the tree loss compares pixels by
    - dropout  the chance that a channel before the classifier becomes 0 in training
    - width  channels of the finest branch, or of the decoder
    - modules  how many modules the stages 2, 3 and 4 have
    - blocks  residual blocks of each branch in a module
    - bottlenecks  blocks of the first stage
    - stem  channels of the two first convolutions
    - backbone  which ResNet
    - planes  channels of the ResNet's first stage; 64 is the published network
    - output_stride  how many times smaller than the image the backbone's last map is
    - groups  in how many groups the tree filter splits channels
    # tel.models.hrnet_w48
    > tel.models.hrnet_w48{classes = 19}.embedding
    256
    # tel.models.hrnet_w32
    > tel.models.hrnet_w32{classes = 19}.dropout
    0.1
    # tel.models.hrnet_w18
    > tel.models.hrnet_w18{classes = 19, embedding = 64}.embedding
    64
    # tel.models.hrnet
    > net = tel.models.hrnet{classes = 3, width = 4, modules = {1, 1, 1}, blocks = 1, bottlenecks = 1, stem = 8, embedding = 8};
    > net(tel.zeros(1, 3, 32, 32)).logits:shape()
    {1, 3, 32, 32}
    # tel.models.deeplabv3plus
    > tel.models.deeplabv3plus{classes = 21, backbone = "resnet50"}.output_stride
    16
    # tel.models.ltf
    > tel.models.ltf{classes = 21}.width
    512
    # net:train
    > tel.nn.Dropout{}:train()
    tel.nn.Dropout{}  0 parameters
    # net:eval
    > net = tel.module{children = {}, forward = function(self, x) return x end};
    > net:train():eval().training
    false
    # net:parameters
    > tel.nn.Linear{inputs = 2, outputs = 1}:parameters().weight:shape()
    {1, 2}
    # net:state
    > layer = tel.nn.Linear{inputs = 2, outputs = 1, bias = false};
    > layer:state().weight:fill_(0.5);
    > layer(tel.ones(1, 2))
    1
    [float32 1×1, requires gradient]
    # net:load
    > layer = tel.nn.Linear{inputs = 2, outputs = 1}; layer:save("layer.h5")
    > tel.nn.Linear{inputs = 2, outputs = 1}:load("layer.h5").inputs
    2
    # net:save
    > tel.nn.Linear{inputs = 2, outputs = 1}:save("layer.safetensors")
    # net:zero_grad
    > layer = tel.nn.Linear{inputs = 1, outputs = 1, bias = false}; layer(tel.ones(1, 1)):sum():backward()
    > layer:zero_grad()
    > layer:parameters().weight:grad()
    # net:freeze
    > tel.nn.Conv{inputs = 1, outputs = 1, kernel = 1}:freeze("^1%.")
    2
    # net:freeze_norm
    > tel.nn.Conv{inputs = 1, outputs = 1, kernel = 1}:freeze_norm(".")
    1
    # net:features
    > net = tel.models.hrnet{classes = 2, width = 4, modules = {1, 1, 1}, blocks = 1, bottlenecks = 1, stem = 8};
    > #net:features(tel.zeros(1, 3, 32, 32))
    4
    # net:logits
    > net = tel.models.hrnet{classes = 2, width = 4, modules = {1, 1, 1}, blocks = 1, bottlenecks = 1, stem = 8};
    > net:logits(tel.zeros(1, 3, 32, 32), {flip = true}):shape()
    {1, 2, 32, 32}
    # net:predict
    > net = tel.models.hrnet{classes = 2, width = 4, modules = {1, 1, 1}, blocks = 1, bottlenecks = 1, stem = 8};
    > net:predict(tel.zeros(3, 32, 32):to("uint8")):shape()
    {32, 32}
    """#
}
