// TreeFilter
