"""Words for columns in the languages that the texts may have: what people call titles, pictures, ids, users and dates.

They follow the names of published data sets in order, and are compared without accents. The languages are those of the
multilingual text encoder: Arabic, Chinese, Dutch, English, French, German, Italian, Japanese, Korean, Polish,
Portuguese, Russian, Spanish, Thai and Turkish.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_TEXT = """
image_caption caption_text image_description legende bildunterschrift leyenda pie_de_foto legenda didascalia
onderschrift bijschrift podpis подпись キャプション 캡션 คำบรรยาย
product_title item_title product_name product_display_name prod_name item_name article_name headline subject
titel titulo titre titolo tytul baslik название заголовок наименование 标题 標題 タイトル 題名 제목 العنوان عنوان ชื่อเรื่อง
produktname produkt_name artikelname artikelbezeichnung bezeichnung nom_du_produit libelle designation
nombre_del_producto nombre_producto nome_do_produto nome_produto nome_prodotto nome_del_prodotto nazwa_produktu nazwa
productnaam urun_adi название_товара 商品名 商品名称 商品名稱 商品标题 产品名称 品名 名称 商品タイトル 상품명 제품명
اسم_المنتج ชื่อสินค้า
desc product_description item_description detail_desc long_description short_description image_text
beschreibung produktbeschreibung artikelbeschreibung descripcion descricao descrizione omschrijving beschrijving opis
aciklama описание 描述 说明 說明 商品描述 产品描述 简介 説明 商品説明 説明文 설명 상품설명 وصف الوصف คำอธิบาย รายละเอียด
texto texte testo tekst metin текст 文本 文字 正文 内容 內容 テキスト 本文 内容 텍스트 본문 내용 نص ข้อความ
content body abstract overview plot synopsis answer
"""
_IMAGE = """
bild bilder bilddatei foto fotos imagen imagenes imagem immagine afbeelding zdjecie obraz resim gorsel изображение
картинка фото 图片 图像 照片 圖片 画像 写真 이미지 사진 صورة รูปภาพ ภาพ
"""
_AUDIO = """
ton klang tonaufnahme sonido suono som geluid dzwiek ses звук аудио 音频 音頻 声音 音声 오디오 음성 صوت เสียง
"""
_VIDEO = "filmdatei видео 视频 視頻 影片 動画 비디오 동영상 فيديو วิดีโอ"
_ID = """
sku article_id prod_id product_code item_code item_no part_number article_number guid nr nummer artikelnummer artikelnr
art_nr produktnummer bestellnummer codigo codigo_producto referencia ref reference identifiant numero codice riferimento
kod indeks артикул код номер 编号 編號 商品编号 货号 序号 编码 商品番号 番号 品番 商品コード 번호 상품번호 코드 رقم رمز
رหัส รหัสสินค้า
"""
_USER = """
nutzer benutzer nutzer_id kunde kunden_id kundennummer usuario cliente utilisateur utente gebruiker klant uzytkownik
kullanici пользователь 用户 用户id 用户编号 用戶 会员 ユーザー ユーザーid 사용자 회원 مستخدم المستخدم ผู้ใช้
"""
_ITEM = """
sku artikel artikelnummer produkt articulo producto produit articolo prodotto produto urun товар 商品 商品id 商品编号
物品 商品番号 アイテム 상품 상품번호 منتج المنتج สินค้า
"""
_RATING = """
bewertung note calificacion puntuacion avaliacao voto waardering ocena puan оценка рейтинг 评分 評分 評価 평점 تقييم
คะแนน
"""
_TIME = """
datum zeit zeitpunkt fecha heure tijd tarih дата время 时间 時間 日期 日時 日付 날짜 시간 تاريخ วันที่
"""
WORDS = {
    "text": tuple(dict.fromkeys(_TEXT.split())),
    "image": tuple(_IMAGE.split()),
    "audio": tuple(_AUDIO.split()),
    "video": tuple(_VIDEO.split()),
    "id": tuple(_ID.split()),
    "user_id": tuple(_USER.split()),
    "item_id": tuple(_ITEM.split()),
    "rating": tuple(_RATING.split()),
    "timestamp": tuple(_TIME.split()),
}
"""Role -> words, the most likely first; accents are left out."""
LANGUAGE = re.compile(r"(.+)_(ar|cs|da|de|el|en|es|fi|fr|he|hi|hu|id|it|ja|ko|nl|no|pl|pt|ro|ru|sv|th|tr|uk|vi|zh)")
"""A name that ends in the code of a language (ISO 639-1): caption_en, description_de."""


@lru_cache(maxsize=1 << 16)
def without_accents(name: str) -> str:
    """A name without accents: 'descripción' is 'descripcion', 'Ürün adı' is 'Urun adi'."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    return unicodedata.normalize("NFC", bare).replace("ł", "l").replace("ı", "i")


FOLDED = {role: tuple(map(without_accents, words)) for role, words in WORDS.items()}
"""The words as `without_accents` writes names, in which scripts with marks of their own change too."""
