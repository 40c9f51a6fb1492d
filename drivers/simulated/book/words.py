"""What the pages of the simulated book say: statistics of no year and no place, drawn by a seed.

Everything here was made up for this project; the figures mean nothing.
"""


# ruff: noqa: E501 (a sentence is a line)

from __future__ import annotations

from random import Random

PLACES = {
    "id": ("Kota Sungai Biru", "Kabupaten Lembah Sari", "Kecamatan Batu Putih", "Provinsi Tanjung Raya",
           "Nagari Koto Hilir", "Kelurahan Pasar Lama", "wilayah pesisir", "daerah perbukitan"),
    "en": ("the city of Blue River", "Sari Valley Regency", "White Stone District", "Great Cape Province",
           "the lower village", "the old market quarter", "the coastal zone", "the hill country"),
}  # fmt: skip
SUBJECTS = {
    "id": ("penduduk", "rumah tangga", "angkatan kerja", "produksi padi sawah", "luas panen jagung",
           "jumlah sekolah dasar", "nilai ekspor", "pengeluaran per kapita", "kunjungan wisatawan",
           "populasi ternak sapi", "jumlah tenaga kesehatan", "panjang jalan kabupaten", "pelanggan listrik"),
    "en": ("the population", "the number of households", "the labour force", "paddy production",
           "the harvested area of maize", "the number of primary schools", "the value of exports",
           "expenditure per capita", "visitor arrivals", "the cattle population", "health personnel",
           "the length of district roads", "electricity customers"),
}  # fmt: skip
UNITS = {
    "id": ("jiwa", "rumah tangga", "ton", "hektar", "unit", "juta rupiah", "kilometer", "ekor", "orang"),
    "en": ("persons", "households", "tons", "hectares", "units", "million rupiah", "kilometres", "head"),
}
SENTENCES = {
    "id": (
        "Pada tahun {year}, {subject} di {place} mencapai {number} {unit}, naik {percent} persen dibanding tahun sebelumnya.",
        "Angka tersebut menunjukkan bahwa {subject} masih terpusat di {place}, yaitu sekitar {percent} persen dari jumlah seluruhnya.",
        "Dibandingkan dengan {place}, pertumbuhan {subject} di {place2} tercatat lebih lambat, hanya {percent} persen per tahun.",
        "Data dikumpulkan melalui survei rumah tangga yang dilaksanakan dua kali setahun, pada bulan Maret dan September.",
        "Selama kurun waktu {year} sampai {year2}, {subject} bertambah dari {number} menjadi {number2} {unit}.",
        "Penurunan terbesar terjadi di {place}, dari {number} {unit} menjadi {number2} {unit}, sebagaimana terlihat pada Tabel {table}.",
        "Perbedaan antara hasil sensus dan hasil registrasi disebabkan oleh konsep dan waktu pencatatan yang tidak sama.",
        "Rata-rata {subject} menurut kecamatan disajikan pada Gambar {table}, dengan simpangan baku sebesar {percent}.",
        "Untuk memperoleh gambaran yang lebih lengkap, pembaca disarankan melihat pula penjelasan teknis pada bagian akhir publikasi ini.",
        "Kepadatan tertinggi, {number} {unit} per kilometer persegi, terdapat di {place}; yang terendah di {place2}.",
        "Angka sementara untuk tahun {year} dapat berubah setelah pemeriksaan lapangan selesai dilakukan.",
    ),
    "en": (
        "In {year}, {subject} in {place} reached {number} {unit}, an increase of {percent} percent over the previous year.",
        "These figures show that {subject} is still concentrated in {place}, with about {percent} percent of the total.",
        "Compared with {place}, growth of {subject} in {place2} was slower, at only {percent} percent a year.",
        "The data were collected in a household survey that takes place twice a year, in March and in September.",
        "Between {year} and {year2}, {subject} rose from {number} to {number2} {unit}.",
        "The largest fall was recorded in {place}, from {number} to {number2} {unit}, as may be seen in Table {table}.",
        "Differences between the census and the register are due to concepts and reference dates that are not the same.",
        "The mean of {subject} by district is given in Figure {table}, with a standard deviation of {percent}.",
        "For a fuller picture the reader is referred to the technical notes at the end of this publication.",
        "The highest density, {number} {unit} per square kilometre, is found in {place}; the lowest in {place2}.",
        "Preliminary figures for {year} may be revised when the field checks have been completed.",
    ),
}  # fmt: skip
HEADINGS = {
    "id": ("Keadaan Geografis", "Kependudukan dan Tenaga Kerja", "Pertanian", "Perdagangan", "Pendidikan",
           "Kesehatan", "Industri dan Energi", "Keuangan Daerah", "Pariwisata", "Penjelasan Teknis"),
    "en": ("Geographical Conditions", "Population and Labour", "Agriculture", "Trade", "Education",
           "Health", "Industry and Energy", "Local Finance", "Tourism", "Technical Notes"),
}  # fmt: skip
ROWS = ("Batu Putih", "Koto Hilir", "Pasar Lama", "Lembah Sari", "Tanjung Raya", "Sungai Biru", "Bukit Gadang",
        "Padang Laweh", "Muara Kasih", "Rawang", "Silungkang", "Talawi", "Barangin", "Kubang", "Santur")  # fmt: skip
COLUMNS = {
    "id": ("Laki-laki", "Perempuan", "Jumlah", "Rasio", "Luas", "Produksi"),
    "en": ("Male", "Female", "Total", "Ratio", "Area", "Output"),
}
CAPTION = {"id": ("Tabel {n}", "Gambar {n}", "menurut kecamatan", "Sumber: survei rumah tangga"),
           "en": ("Table {n}", "Figure {n}", "by district", "Source: household survey")}  # fmt: skip


def number(random: Random, language: str) -> str:
    """A figure as the language writes it: 1.234,5 or 1,234.5."""
    text = f"{random.randint(11, 99_999):,}"
    if random.random() < 0.25:
        text += f".{random.randint(0, 9)}"
    return text.translate(str.maketrans(",.", ".,")) if language == "id" else text


def sentence(random: Random, language: str) -> str:
    """One sentence with its figures."""
    percent = f"{random.randint(0, 29)}.{random.randint(10, 99)}"
    year = random.randint(1995, 2019)
    text = random.choice(SENTENCES[language]).format(
        year=year,
        year2=year + random.randint(2, 6),
        subject=random.choice(SUBJECTS[language]),
        place=random.choice(PLACES[language]),
        place2=random.choice(PLACES[language]),
        number=number(random, language),
        number2=number(random, language),
        unit=random.choice(UNITS[language]),
        percent=percent.replace(".", ",") if language == "id" else percent,
        table=f"{random.randint(1, 9)}.{random.randint(1, 12)}",
    )
    return text[0].upper() + text[1:]


def paragraph(random: Random, language: str) -> str:
    """Three to six sentences."""
    return " ".join(sentence(random, language) for _ in range(random.randint(3, 6)))


def heading(random: Random, language: str) -> str:
    """The title of a section."""
    return f"{random.randint(1, 9)}.{random.randint(1, 9)} {random.choice(HEADINGS[language])}"


def caption(random: Random, language: str, figure: bool) -> str:
    """The title of a table or of a picture."""
    table, picture, by, _ = CAPTION[language]
    label = (picture if figure else table).format(n=f"{random.randint(1, 9)}.{random.randint(1, 12)}")
    subject = random.choice(SUBJECTS[language])
    return f"{label} {subject[0].upper()}{subject[1:]} {by}, {random.randint(1998, 2023)}"
