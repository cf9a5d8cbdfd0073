--%% [markdown]
-- # A tour of tel
--
-- Ten minutes on a CPU: tensors, a gradient, the two trees of a picture, what filtering along them does to a noisy prediction, and
-- a small network that learns one image from five scribbles. Run it cell by cell in Jupyter (`tel notebook tour.lua tour.ipynb`),
-- as a page (`tel notebook tour.lua tour.html`), or as a script (`tel run tour.lua`), which writes its pictures as files.

--%% Tensors
local x = tel.tensor{{1, 2, 3}, {4, 5, 6}}
print(x)
print(table.concat(x:shape(), "×"), #x, x:dtype())
print(x[2], x[{{}, {2, 3}}])              -- dimensions and indices count from 1; indexing gives a view
print((x * 2 + 1):sum(1))                 -- arithmetic goes element by element; a reduction drops its dimension
print(x:matmul(x:transpose(1, 2)))

--%% A gradient
-- What requires gradients remembers what is computed from it; backward() fills grad(), where gradients add up.
local w = tel.tensor{0.5, -1, 2}:requires_grad_()
local loss = ((x:matmul(w:reshape(3, 1)) - 1) ^ 2):mean()
loss:backward()
print(loss:item(), w:grad())

--%% [markdown]
-- ## A picture and its labels
--
-- tel draws street scenes that are like photographs to a network: textures, light, noise. The labels say a class for each
-- pixel; in a sparsely labelled picture almost all of them say -1.

--%% A made scene
local size = {192, 96}   -- width and height
local scenes = tel.data.scenes{size = size, count = 1, seed = 7, labels = "dense"}
local scene = scenes:sample(1)
local width, height = size[1], size[2]
tel.show(scene.image)
tel.show(scene.labels, {palette = scenes})

--%% Five scribbles
-- A stroke through each of the five largest classes: the middle half of the class's longest row, three pixels thick.
local truth = scene.labels:totable()
local area, longest = {}, {}
for y = 3, height - 2 do
  local start = 1
  for i = 1, width do
    local class = truth[y][i]
    area[class] = (area[class] or 0) + 1
    if i == width or truth[y][i + 1] ~= class then
      local run = {class = class, y = y, first = start, last = i}
      if not longest[class] or i - start > longest[class].last - longest[class].first then longest[class] = run end
      start = i + 1
    end
  end
end
local strokes = {}
for class, run in pairs(longest) do
  if class >= 0 then strokes[#strokes + 1] = run end
end
table.sort(strokes, function(a, b) return area[a.class] > area[b.class] end)
local scribbles = tel.full({height, width}, -1):to("int32")
for n = 1, math.min(5, #strokes) do
  local stroke = strokes[n]
  local quarter = (stroke.last - stroke.first) // 4
  for y = stroke.y - 1, stroke.y + 1 do
    for i = stroke.first + quarter, stroke.last - quarter do
      if truth[y][i] == stroke.class then scribbles[{y, i}] = stroke.class end
    end
  end
end
local labelled = scribbles:ge(0):to("float32"):mean():item()
print(string.format("%.1f %% of the pixels are labelled", 100 * labelled))
tel.show(scene.image, {labels = scribbles, palette = scenes, opacity = 0.9})

--%% [markdown]
-- ## Two trees
--
-- A minimum spanning tree joins all pixels along the smallest differences, so that it crosses the border of an object only where it
-- must. The *low* tree compares colours. The *high* tree compares the features of a network, which know more than colours; here
-- they come from a network that has learnt nothing yet, and once more at the end of the tour.

--%% The tree of the colours
local rows, columns = height // 4, width // 4
local guide = tel.nn.resize(tel.image.guide(scene.image), {rows, columns})
local low = tel.tree.mst(guide)
print(string.format("%d edges, differences of %.2f in all", low:edges():shape()[2], low:total():item()))
tel.show(low, {image = scene.image, title = "low tree"})

--%% The tree of the features
local net = tel.models.hrnet{
  classes = 11, width = 16, modules = {1, 1, 1}, blocks = 1, bottlenecks = 1, stem = 32, embedding = 32,
}
local function features()
  net:train()
  return tel.no_grad(function() return net(tel.image.input(scene.image)).embedding end)
end
local high = tel.tree.mst(features())
tel.show(high, {image = scene.image, title = "high tree before training"})

--%% [markdown]
-- ## What the filter does
--
-- The tree filter averages each pixel with all others, weighted by how little lies between them on the tree. Noise goes, borders
-- stay: here the true classes under so much noise that a third of the pixels seems to be something else.

--%% A noisy prediction, filtered
-- Of the true classes every fourth pixel; those without one count as class 0 here.
local classes = 11
local coarse = tel.nn.resize(scene.labels:clamp(0, classes - 1):to("float32"):reshape(1, 1, height, width), {rows, columns},
  {mode = "nearest"}):to("int32"):reshape(1, rows, columns)
local exact = coarse:one_hot(classes):to("float32")
local noisy = (exact * 2 + tel.randn(1, classes, rows, columns)):softmax(2)
local filtered = tel.tree.filter(noisy, guide, low, {sigma = 0.002})
local function accuracy(prediction) return prediction:argmax(2):eq(coarse + 1):to("float32"):mean():item() end
print(string.format("right before: %.1f %%, after: %.1f %%", 100 * accuracy(noisy), 100 * accuracy(filtered)))
tel.show((noisy:argmax(2) - 1):to("int32"):reshape(rows, columns), {palette = scenes})
tel.show((filtered:argmax(2) - 1):to("int32"):reshape(rows, columns), {palette = scenes})

--%% [markdown]
-- ## Learning from five scribbles
--
-- A recipe says everything about a training. The loss has two terms: cross entropy on the scribbles, and the Tree Energy Loss, which
-- asks of all other pixels that they agree with their own predictions filtered along both trees. In Jupyter the curve
-- grows while the cell runs.

--%% A small network learns the image
local iterations = 120
local function learn(name, tree_weight)
  return tel.train(tel.recipe{
    name = name, iterations = iterations, batch = 1, model = net,
    data = {
      train = tel.data.custom{
        count = 1, classes = classes, get = function() return {image = scene.image, labels = scribbles, name = "scene"} end,
      },
      val = scenes,
    },
    loss = {tel.loss.cross_entropy{ignore = -1}, tel.loss.tree_energy{sigma = 0.002, weight = tree_weight}},
    optimizer = tel.optim.sgd{lr = 0.02, momentum = 0.9, weight_decay = 5e-4}, log_every = 40,
  })
end
local run = learn("tour", 0.4)
print(string.format("mean IoU on the whole image: %.1f %%", 100 * run.miou))

--%% What it sees now
tel.show(net:predict(scene.image), {palette = scenes})
tel.show(run.folder .. "/results.h5")

--%% The high tree after training
tel.show(tel.tree.mst(features()), {image = scene.image, title = "high tree after training"})

--%% [markdown]
-- ## The result as a file
--
-- Everything that a run leaves is HDF5, which h5py and MATLAB read as well. A script can write its own.

--%% Files
local file = tel.hdf5.open("tour.h5", "w")
file:write("/image", scene.image)
file:write("/scribbles", scribbles)
file:write("/prediction", net:predict(scene.image))
file:write("/score", run.miou)
file:close()
local again = tel.hdf5.open("tour.h5")
print(table.concat(again:keys("/"), ", "), table.concat(again:read("/prediction"):shape(), "×"))
again:close()
