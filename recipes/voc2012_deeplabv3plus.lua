-- What the rows of DeepLabV3+ on PASCAL VOC 2012 share. Not run by itself.
return tel.extend(require "voc2012", {batch = 16, validate_every = 500, log_every = 100})
