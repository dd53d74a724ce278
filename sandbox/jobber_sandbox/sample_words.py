"""Sample words for invented values, in the scripts that real customers write in."""

from __future__ import annotations

FIRST_NAMES = (
    "Ana", "Björn", "Chloé", "Dmitri", "Émile", "Fatima", "Grace", "Hiroshi", "Ifeoma", "José", "Kwame", "Łukasz",
    "Mei", "Noor", "Øyvind", "Priya", "Quinn", "Renée", "Siobhán", "Tomáš", "Ümit", "Violet", "Wanjiru", "Xóchitl",
    "Yael", "Zoë", "李", "さくら", "محمد", "דוד", "Ольга", "Γιώργος", "민준", "สมชาย",
)  # fmt: skip
LAST_NAMES = (
    "Abernathy", "Brown", "Castañeda", "D'Angelo", "El-Sayed", "Fitzgerald", "García", "Håkansson", "Ivanova",
    "Jørgensen", "Kovač", "L'Écuyer", "Müller", "Nguyễn", "O'Neill", "Patel", "Quiñones", "Rossi", "Smith",
    "Tremblay", "Underwood", "Vasquez", "Wójcik", "Xu", "Yildiz", "Zimmermann", "小明", "田中", "السيد", "כהן",
)  # fmt: skip
COMPANIES = (
    "Maple & Sons Property Care", "Café Étoile", "Northwind Dental", "株式会社さくら", "شركة النور", "Bright 🌞 Solar",
    '"Quoted" Holdings, Ltd.', "Blåbær Bakeri", "The Oaks HOA", "Rio Verde Landscaping", "Backslash \\ Co",
    "St. Mary's School", "Ångström Labs", "Pets 🐶🐱 Unlimited", "Tab\tand Sons",
)  # fmt: skip
STREETS = (
    "Maple Street", "Rue de l'Église", "Hauptstraße", "King Road", "Calle Ñandú", "桜通り", "Elm Avenue", "Birch Lane",
)  # fmt: skip
CITIES = ("Edmonton", "Montréal", "Zürich", "Austin", "São Paulo", "東京", "Leeds", "Málaga")
PROVINCES = ("AB", "QC", "ZH", "TX", "SP", "13", "YKS", "AN")
COUNTRIES = ("Canada", "Canada", "Switzerland", "United States", "Brazil", "日本", "United Kingdom", "España")
SERVICES = (
    "Lawn mowing", "Window cleaning", "Gutter repair", "Furnace check", "Snow removal 🌨️", "Taille de haies",
    "Garden design", "Tree pruning", "Pool opening", "Carpet cleaning", "Réparation d'urgence", "配管修理",
    "Spring clean-up", "Drain inspection",
)  # fmt: skip
SENTENCES = (
    "Gate code is 4471, dog is friendly.", "Client asked for mornings only ☀️", "Line one\nline two\nline three",
    "Paid by cheque, see e-mail.", "الرجاء الاتصال قبل الوصول", "Zona de difícil acesso — levar escada.",
    'Left side of the house; "do not" ring the bell', "鍵は隣の家にあります。", "👍🏽",
    "Was here on Tuesday, back next week.",    "Backslash \\ and tab\there", "לתאם מראש", "N/A",
)  # fmt: skip
COLOURS = ("#7DB00E", "#2C5282", "#B83280", "#D69E2E", "#38B2AC")
MAKES = ("Ford", "Toyota", "Mercedes-Benz", "Citroën", "Škoda")
MODELS = ("Transit", "Hilux", "Sprinter", "Berlingo", "Octavia")
TIMEZONES = ("America/Edmonton", "America/Toronto", "America/Chicago", "Europe/London")
