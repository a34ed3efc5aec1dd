"""Voice packs at run time: manifest, weights, verification."""
