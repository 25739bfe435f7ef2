# %% [markdown]
# # Shop: reviews, product pictures, and products that nobody has bought yet
#
# You sell things. Every product has a picture and a few reviews, and customers have bought some of them. You want to
# know whether reviews and pictures belong together, and what to show for products that are new.
#
# **The data.** The pictures are drawings by OpenMoji (CC BY-SA 4.0), from the embedded demo. The reviews and the
# customers are **simulated** by the code below: the numbers say how the method works, not what real customers do.

# %%
import json
import shutil
from pathlib import Path

import numpy as np

import mmalign_core as mm
from mmalign_core.workflow import Entry, Protocol, all_places, evaluate, events_of

GROUPS = ("fruit and vegetables", "home", "sports", "clothing", "meals", "technology", "tools", "music",
          "office and hobbies", "sweets and drinks")  # fmt: skip
REVIEWS = ("Bought this as a present: {}. Arrived within two days.", "{}, exactly as in the picture. Good quality.",
           "I was unsure, but I use it every week. {}.", "Not cheap, but well made. {}.")  # fmt: skip
folder = Path("build/shop")
folder.mkdir(parents=True, exist_ok=True)
demo, rng = mm.demo(), np.random.default_rng(0)
pictures = {m.item: Path(str(m.path)) for m in demo.media if m.modality == "image"}
captions = {m.item: m.text for m in demo.media if m.modality == "text"}
products = demo.items[demo.items["group"].isin(GROUPS)]["group"].sort_index()
with (folder / "manifest.jsonl").open("w", encoding="utf-8") as file:
    for product, group in products.items():
        shutil.copy(pictures[product], folder / pictures[product].name)
        said = [REVIEWS[n].format(captions[product]) for n in rng.choice(len(REVIEWS), 2, replace=False)]
        row = {"id": product, "image": pictures[product].name, "text": said, "group": group, "data": "simulated"}
        file.write(json.dumps(row) + "\n")
f"{len(products)} products in {len(GROUPS)} groups, two simulated reviews each"

# %% [markdown]
# Simulated customers like two groups each and buy 4 to 12 things in half a year. Every fifth product is new: it cannot
# be bought before the last weeks, so whoever learns from purchases alone has never seen it.

# %%
groups = products.to_numpy()
new = rng.random(len(products)) < 0.2
with (folder / "interactions.csv").open("w", encoding="utf-8") as file:
    file.write("user_id,item_id,rating,timestamp\n")
    for customer in range(150):
        liked = np.isin(groups, rng.choice(GROUPS, 2, replace=False))
        for day in np.sort(rng.integers(0, 180, rng.integers(4, 13))):
            chance = np.where(liked, 1.0, 0.05) * np.where(new, float(day >= 150) * 3, 1.0)
            bought = rng.choice(len(products), p=chance / chance.sum())
            file.write(f"simulated-{customer:03d},{products.index[bought]},5,{1_717_200_000 + day * 86_400}\n")
f"{new.sum()} of the {len(products)} products are new"

# %% [markdown]
# Do reviews and pictures belong together? Three tenths of the products are held out of the fit.

# %%
run = mm.align(folder, "cca", pair="image:text", test=0.3)
run.metrics

# %%
# What goes most wrong among the held-out products, and the causes that were found.
run.errors(held_out=True)[["direction", "id", "rank", "causes"]].head(5)

# %%
# Ask in plain words, also in another language. The shares sum to each score.
run.recommend("etwas, womit man Musik macht", k=3)

# %%
# Why is this picture near to this review? The words and the cells of the picture that made it so.
run.explain(f"image:{products.index[0]}", f"text:{products.index[0]}", faithful=False)

# %% [markdown]
# Now the new products. Purchases after one moment are held out; `ease` learns from purchases, `content` compares
# reviews and pictures with what the customer bought before, `popular` shows everybody the same.

# %%
board = evaluate(
    all_places(run.collection, run.space),
    events_of(run.collection),
    [Entry(name) for name in ("content", "ease", "popular")],
    Protocol(split="time", test=0.2, k=10),
)
rows = {row["recommender"]: row for row in board.rows}
{name: {part: round(row["metrics"][part]["ndcg@10"], 3) for part in ("warm", "cold")} for name, row in rows.items()}

# %%
content, ease = rows["content"], rows["ease"]
low, high = content["ci95"]["cold"]["ndcg@10"]
cold, facts = content["metrics"]["cold"], board.facts
print(
    f"FINDING (simulated customers): for products that nobody had bought before, content reaches an NDCG@10 of "
    f"{cold['ndcg@10']:.3f} (95% {low:.3f} to {high:.3f}) and ease {ease['metrics']['cold']['ndcg@10']:.3f}; "
    f"for products bought before, content reaches {content['metrics']['warm']['ndcg@10']:.3f} and ease "
    f"{ease['metrics']['warm']['ndcg@10']:.3f}. n = {cold['n']} customers with {cold['n_right']} purchases of new "
    f"products, all {len(products)} products as candidates, split: {facts['split']}."
)
