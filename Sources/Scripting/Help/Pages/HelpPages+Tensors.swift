extension HelpPages {
  /// Methods of tensors.
  static let tensors = #"""
    # tensor:shape
    > tel.zeros(2, 3):shape()
    {2, 3}
    # tensor:numel
    > tel.zeros(2, 3):numel()
    6
    # tensor:dtype
    > tel.arange(3):to("int64"):dtype()
    "int64"
    # tensor:to
    > tel.tensor{-3, 2.7, 300}:to("uint8")
      0    2  255
    [uint8 3]
    # tensor:item
    > tel.tensor{3}:sum():item()
    3.0
    # tensor:totable
    > tel.tensor({{1, 2}, {3, 4}}, "int32"):totable()
    {{1, 2}, {3, 4}}
    # tensor:clone
    > x = tel.zeros(2); y = x:clone(); y:fill_(1);
    > x
    0  0
    [float32 2]
    # tensor:detach
    > x = tel.ones(2):requires_grad_();
    > (x * 2):detach()
    2  2
    [float32 2]
    # tensor:free
    > x = tel.zeros(1000); x:free()
    # tensor:reshape
    > tel.arange(6):reshape(2, -1)
    0  1  2
    3  4  5
    [float32 2×3]
    # tensor:permute
    > tel.zeros(2, 3, 4):permute(3, 1, 2):shape()
    {4, 2, 3}
    # tensor:transpose
    > tel.arange(6):reshape(2, 3):transpose(1, 2)
    0  3
    1  4
    2  5
    [float32 3×2]
    # tensor:expand
    > tel.tensor{{1}, {2}}:expand(2, 3)
    1  1  1
    2  2  2
    [float32 2×3]
    # tensor:squeeze
    > tel.zeros(1, 3):squeeze(1):shape()
    {3}
    # tensor:unsqueeze
    > tel.zeros(3):unsqueeze(1):shape()
    {1, 3}
    # tensor:flip
    > tel.arange(4):flip(1)
    3  2  1  0
    [float32 4]
    # tensor:pad
    > tel.ones(1, 2):pad({{1, 0}, {0, 1}}, 7)
    7  7  7
    1  1  7
    [float32 2×3]
    # tensor:gather
    > tel.tensor{{10, 20}, {30, 40}}:gather(2, tel.tensor({{2}, {1}}, "int64"))
    20
    30
    [float32 2×1]
    # tensor:topk
    > values, indices = tel.tensor{3, 9, 5}:topk(2, 1);
    > values, indices
    9  5
    [float32 2]
    2  3
    [int64 2]
    # tensor:one_hot
    > tel.tensor({0, 2}, "int32"):one_hot(3)
    1  0  0
    0  0  1
    [float32 2×3]
    # tensor:labels
    > tel.tensor{{{0.1, 3}, {0.9, 1}}}:labels()
    1  0
    [int32 1×2]
    # tensor:matmul
    > tel.ones(2, 3):matmul(tel.ones(3, 2))
    3  3
    3  3
    [float32 2×2]
    # tensor:exp
    > tel.tensor{0, 1}:exp()
    1.0000  2.7183
    [float32 2]
    # tensor:log
    > tel.tensor{1, 10}:log()
    0.0000  2.3026
    [float32 2]
    # tensor:sqrt
    > tel.tensor{4, 9}:sqrt()
    2  3
    [float32 2]
    # tensor:abs
    > tel.tensor{-1, 2}:abs()
    1  2
    [float32 2]
    # tensor:relu
    > tel.tensor{-1, 2}:relu()
    0  2
    [float32 2]
    # tensor:sigmoid
    > tel.tensor{0, 2}:sigmoid()
    0.5000  0.8808
    [float32 2]
    # tensor:tanh
    > tel.tensor{0, 1}:tanh()
    0.0000  0.7616
    [float32 2]
    # tensor:clamp
    > tel.tensor{-5, 0.5, 5}:clamp(0, 1)
    0.0000  0.5000  1.0000
    [float32 3]
    # tensor:softmax
    > tel.tensor{{1, 1, 1, 1}}:softmax(2)
    0.2500  0.2500  0.2500  0.2500
    [float32 1×4]
    # tensor:log_softmax
    > tel.tensor{{0, 0}}:log_softmax(2)
    -0.6931  -0.6931
    [float32 1×2]
    # tensor:sum
    > x = tel.arange(6):reshape(2, 3);
    > x:sum(), x:sum(1, {keep = true})
    15  [float32 scalar]
    3  5  7
    [float32 1×3]
    # tensor:mean
    > tel.arange(6):reshape(2, 3):mean(2)
    1  4
    [float32 2]
    # tensor:std
    > tel.tensor{1, 3}:std()
    1.4142  [float32 scalar]
    # tensor:norm
    > tel.tensor{3, 4}:norm()
    5  [float32 scalar]
    # tensor:max
    > tel.tensor{{1, 5}, {7, 2}}:max(2)
    5  7
    [float32 2]
    2  1
    [int64 2]
    # tensor:min
    > tel.tensor{{1, 5}, {7, 2}}:min()
    1  [float32 scalar]
    # tensor:argmax
    > tel.tensor{{1, 5}, {7, 2}}:argmax(2)
    2  1
    [int64 2]
    # tensor:eq
    > tel.arange(3):eq(1)
    0  1  0
    [uint8 3]
    # tensor:ne
    > tel.arange(3):ne(1)
    1  0  1
    [uint8 3]
    # tensor:lt
    > tel.arange(3):lt(1)
    1  0  0
    [uint8 3]
    # tensor:le
    > tel.arange(3):le(1)
    1  1  0
    [uint8 3]
    # tensor:gt
    > tel.arange(3):gt(1)
    0  0  1
    [uint8 3]
    # tensor:ge
    > tel.arange(3):ge(1)
    0  1  1
    [uint8 3]
    # tensor:isfinite
    > tel.tensor{1, 0}:log():isfinite()
    1  0
    [uint8 2]
    # tensor:fill_
    > tel.zeros(2):fill_(3)
    3  3
    [float32 2]
    # tensor:zero_
    > tel.ones(2):zero_()
    0  0
    [float32 2]
    # tensor:copy_
    > tel.zeros(2, 2):copy_(tel.tensor{1, 2})
    1  2
    1  2
    [float32 2×2]
    # tensor:add_
    > tel.ones(2):add_(1)
    2  2
    [float32 2]
    # tensor:mul_
    > tel.ones(2):mul_(tel.tensor{2, 3})
    2  3
    [float32 2]
    # tensor:requires_grad_
    > tel.ones(2):requires_grad_()
    1  1
    [float32 2, requires gradient]
    # tensor:backward
    > w = tel.tensor{1, 2}:requires_grad_();
    > (w * w):sum():backward()
    > w:grad()
    2  4
    [float32 2]
    # tensor:grad
    > tel.ones(2):requires_grad_():grad()
    # tensor:zero_grad
    > w = tel.ones(1):requires_grad_(); (w * 3):sum():backward()
    > w:zero_grad()
    > w:grad()
    # tree:edges
    > tree = tel.tree.mst(tel.arange(4):reshape(1, 1, 1, 4));
    > tree:edges():shape()
    {1, 3, 2}
    # tree:total
    > tel.tree.mst(tel.arange(4):reshape(1, 1, 1, 4)):total()
    6
    [float64 1]
    # tel.tree.mst
    > tel.tree.mst(tel.zeros(1, 3, 4, 6))
    tree of 1 × 4×6 pixels
    # tel.tree.filter
    > guide = tel.tensor{0, 0, 9, 9}:reshape(1, 1, 1, 4);
    > x = tel.tensor{1, 0, 0, 5}:reshape(1, 1, 1, 4);
    > tel.tree.filter(x, guide, tel.tree.mst(guide), {sigma = 0.1}):reshape(4)
    0.5000  0.5000  2.5000  2.5000
    [float32 4]
    """#
}
