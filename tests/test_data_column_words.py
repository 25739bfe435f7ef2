"""Columns in other languages than English, several columns of one medium, and texts that are left as metadata."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from mmalign_core.data import read_collection
from mmalign_core.data.tabular.column_names import usual_column
from mmalign_core.data.tabular.vectors import vectors_of
from mmalign_core.types import Collection
from tests.sample_files import png, write

TEXTS = ["a red field at noon", "a blue field at night", "a green field in spring"]


def table(folder: Path, name: str, columns: Sequence[str], rows: Sequence[Sequence[object]], mark: str = ",") -> None:
    lines = [mark.join(columns), *(mark.join(map(str, row)) for row in rows)]
    write(folder, {name: "\n".join(lines) + "\n"})


def texts(found: Collection) -> list[str | None]:
    return [medium.text for medium in found.media_of("text")]


@pytest.mark.parametrize(
    "id, picture, text, price",
    [
        ("Artikelnummer", "Bild", "Beschreibung", "Preis"),
        ("código", "imagen", "descripción", "precio"),
        ("código", "imagem", "descrição", "preço"),
        ("réf", "image", "légende", "prix"),
        ("codice", "immagine", "descrizione", "prezzo"),
        ("nummer", "afbeelding", "omschrijving", "prijs"),
        ("indeks", "zdjęcie", "opis", "cena"),
        ("kod", "görsel", "Ürün adı", "fiyat"),
        ("Артикул", "Изображение", "Описание", "Цена"),
        ("编号", "图片", "商品名", "价格"),
        ("編號", "圖片", "標題", "價格"),
        ("商品番号", "画像", "商品説明", "価格"),
        ("상품번호", "이미지", "상품설명", "가격"),
        ("رقم", "صورة", "الوصف", "السعر"),
        ("รหัสสินค้า", "รูปภาพ", "คำอธิบาย", "ราคา"),
        ("SKU", "Front Image", "Product Name", "Price"),
    ],
)
def test_columns_are_recognised_in_the_languages_that_texts_are_read_in(
    id: str, picture: str, text: str, price: str, tmp_path: Path
) -> None:
    write(tmp_path, {f"p{n}.png": png(n) for n in range(3)})
    rows = [(f"A{n}", f"p{n}.png", TEXTS[n], f"1.{n}99,50") for n in range(3)]
    table(tmp_path, "table.csv", (id, picture, text, price), rows, ";")
    found = read_collection(tmp_path)
    assert list(found.ids) == ["A0", "A1", "A2"] and texts(found) == TEXTS
    assert len(found.media_of("image")) == 3 and not found.skipped
    assert list(found.items[price]) == [1099.5, 1199.5, 1299.5]


@pytest.mark.parametrize("values, kept", [(("1,234", "2,500"), False), (("1,5", "x"), False), (("1,5", "", "3"), True)])
def test_a_comma_is_a_decimal_point_only_where_all_are_such_numbers(
    values: Sequence[str], kept: bool, tmp_path: Path
) -> None:
    table(tmp_path, "m.csv", ("text", "n"), [(TEXTS[n], value) for n, value in enumerate(values)], ";")
    found = read_collection(tmp_path / "m.csv")
    assert (found.items["n"].dtype == float) == kept


def test_an_id_that_occurs_twice_is_no_id(tmp_path: Path) -> None:
    table(tmp_path, "m.csv", ("Nummer", "Beschreibung"), [(1, TEXTS[0]), (1, TEXTS[1])], ";")
    assert list(read_collection(tmp_path / "m.csv").ids) == ["1", "2"]


def test_several_columns_of_pictures_are_several_pictures_of_an_item(tmp_path: Path) -> None:
    write(tmp_path, {f"{n}.png": png(n) for n in range(4)})
    for columns in (("image_1", "image_2"), ("front", "back")):
        rows = [(n, f"{2 * n}.png", f"{2 * n + 1}.png", TEXTS[n]) for n in range(2)]
        table(tmp_path, "manifest.csv", ("id", *columns, "caption"), rows)
        found = read_collection(tmp_path)
        held = [(m.item, Path(str(m.path)).name) for m in found.media_of("image")]
        assert held == [("0", "0.png"), ("0", "1.png"), ("1", "2.png"), ("1", "3.png")]


def test_captions_in_several_languages_are_several_texts(tmp_path: Path) -> None:
    write(tmp_path, {f"{n}.png": png(n) for n in range(2)})
    rows = [(f"{n}.png", TEXTS[n], f"Feld {n}") for n in range(2)]
    table(tmp_path, "manifest.csv", ("image", "caption_en", "caption_de"), rows)
    assert texts(read_collection(tmp_path)) == [TEXTS[0], "Feld 0", TEXTS[1], "Feld 1"]


def test_a_column_that_looks_like_the_text_is_named_and_the_advice_works(tmp_path: Path) -> None:
    write(tmp_path, {f"{n}.png": png(n) for n in range(3)})
    table(tmp_path, "manifest.csv", ("image", "Mein Wort", "code"), [(f"{n}.png", TEXTS[n], f"x{n}") for n in range(3)])
    found = read_collection(tmp_path)
    hint = next(note for note in found.notes if "--role" in note)
    assert "'Mein Wort' may be one: --role 'Mein Wort=text'" in hint and "code" not in hint
    assert texts(read_collection(tmp_path, roles={"Mein Wort": "text"})) == TEXTS


@pytest.mark.parametrize(
    "name, modality",
    [
        ("clip_image_embedding", "image"),
        ("caption_clip_features", "text"),
        ("text_encoder_image_features", None),
        ("clip_image", None),
    ],
)
def test_vectors_say_their_modality_in_any_part_of_their_name(name: str, modality: str | None) -> None:
    assert vectors_of(name) == modality


def test_english_names_come_before_those_of_other_languages() -> None:
    assert usual_column("text", ["Beschreibung", "caption"]) == "caption"
    assert usual_column("text", ["DESCRIPCIÓN"]) == "DESCRIPCIÓN"
    assert usual_column("id", ["Größe"]) is None


def test_tables_of_users_have_such_names_too(tmp_path: Path) -> None:
    table(tmp_path, "manifest.csv", ("id", "text"), [(n, TEXTS[n]) for n in range(3)])
    rows = [(u, n, "4,5", "31.01.2026") for u in range(2) for n in range(3)]
    table(tmp_path, "interactions.csv", ("Nutzer", "Artikel", "Bewertung", "Datum"), rows, ";")
    found = read_collection(tmp_path).interactions
    assert found is not None and list(found["rating"]) == [4.5] * 6 and found["timestamp"].nunique() == 1


def test_transactions_beside_articles_are_interactions(tmp_path: Path) -> None:
    table(tmp_path, "articles.csv", ("article_id", "prod_name"), [(f"01{n}", TEXTS[n]) for n in range(3)])
    rows = [(f"2020-09-1{n}", f"c{u}", f"01{n}", 0.05) for u in range(2) for n in range(3)]
    table(tmp_path, "transactions_train.csv", ("t_dat", "customer_id", "article_id", "price"), rows)
    found = read_collection(tmp_path)
    assert texts(found) == TEXTS and found.interactions is not None and len(found.interactions) == 6
