-- A network of one's own: encoder, decoder and a head that filters along the image's tree, all written here, trained
-- with the Tree Energy Loss on made street scenes of which a tenth of the pixels is labelled. What the loss adds:
--   tel run recipes/own_network.lua
--   tel run recipes/own_network.lua --set name=own_network_alone --set loss[2].weight=0

local Conv = tel.nn.Conv

-- Layers one after the other; their parameters are called 0.…, 1.…, as in PyTorch.
local function sequence(layers)
  return tel.module{
    children = layers,
    forward = function(self, x)
      for _, layer in ipairs(self) do x = layer(x) end
      return x
    end,
  }
end

-- Two 3×3 layers with a shortcut around them, added before the last ReLU.
local function block(channels)
  return tel.module{
    children = {
      Conv{inputs = channels, outputs = channels, kernel = 3},
      Conv{inputs = channels, outputs = channels, kernel = 3},
    },
    forward = function(self, x) return self[2](self[1](x), x) end,
  }
end

local function down(inputs, outputs)
  return sequence{Conv{inputs = inputs, outputs = outputs, kernel = 3, stride = 2}, block(outputs), block(outputs)}
end

local function like(x, other)
  return tel.nn.resize(x, {other:shape()[3], other:shape()[4]}, {align_corners = true})
end

-- Maps at a fourth, an eighth and a sixteenth of the image.
local encoder = tel.module{
  children = {
    stem = Conv{inputs = 3, outputs = 32, kernel = 3, stride = 2},
    down(32, 32), down(32, 64), down(64, 96),
  },
  forward = function(self, x)
    local fine = self[1](self.stem(x))
    local middle = self[2](fine)
    return fine, middle, self[3](middle)
  end,
}

local decoder = tel.module{
  children = {
    fine = Conv{inputs = 32, outputs = 32, kernel = 1}, middle = Conv{inputs = 64, outputs = 32, kernel = 1},
    coarse = Conv{inputs = 96, outputs = 32, kernel = 1}, join = Conv{inputs = 96, outputs = 64, kernel = 3},
  },
  forward = function(self, fine, middle, coarse)
    local maps = {self.fine(fine), like(self.middle(middle), fine), like(self.coarse(coarse), fine)}
    return self.join(tel.concat(maps, 2))
  end,
}

-- What is known is filtered along the minimum spanning tree of the image itself, by an embedding that is learnt.
local head = tel.module{
  children = {
    measure = Conv{inputs = 64, outputs = 16, kernel = 1, norm = false, relu = false},
    filter = tel.nn.TreeFilter{groups = 4}, refine = Conv{inputs = 64, outputs = 64, kernel = 3},
  },
  forward = function(self, x, guide) return self.refine(x + self.filter(x, self.measure(x), guide)) end,
}

local network = tel.module{
  children = {
    encoder = encoder, decoder = decoder, head = head, dropout = tel.nn.Dropout{p = 0.1, channels = true},
    classifier = Conv{inputs = 64, outputs = 11, kernel = 1, bias = true, norm = false, relu = false},
    embedding = Conv{inputs = 64, outputs = 64, kernel = 1},
  },
  forward = function(self, images)
    local x = self.decoder(self.encoder(images))
    local seen = self.head(x, like(images, x))
    local coarse = self.classifier(self.dropout(seen))
    local out = {logits = like(coarse, images)}
    if self.training then out.coarse, out.embedding = coarse, self.embedding(seen) end
    return out
  end,
}

local size, seed = {256, 128}, 1

return tel.recipe{
  name = "own_network", iterations = 300, batch = 4,
  model = network,
  data = {
    train = tel.data.scenes{
      size = size, seed = seed, count = 240, labels = "block10",
      augment = {tel.augment.flip{p = 0.5}, tel.augment.brightness{shift = 10}},
    },
    val = tel.data.scenes{size = size, seed = seed, first = 240, count = 32, labels = "dense"},
  },
  loss = {tel.loss.cross_entropy{ignore = -1}, tel.loss.tree_energy{sigma = 0.002, weight = 0.4}},
  -- The classifier learns twice as fast as the rest.
  optimizer = tel.optim.sgd{
    lr = 0.0125, momentum = 0.9, weight_decay = 5e-4,
    groups = {{match = "^classifier%.", lr = 2}, {match = ".", lr = 1}},
  },
  schedule = tel.schedule.poly{power = 0.9}, clip_gradient_norm = 10, average = {decay = 0.98}, log_every = 50,
}
