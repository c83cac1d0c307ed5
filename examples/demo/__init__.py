"""``make demo``: the main job, live, on one machine; each step is verified before it is told.

Nothing here is part of the product: it plays the world around it (clusters, a Git server, people)
and talks to Syncline as a user does, over Git and the API.
"""
