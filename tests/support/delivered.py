"""Tracks to write in every format: each script, songs, two speakers, places, styles."""

from subtitling.documents import Cue, Voice

LINES = {
    "en": [
        ("It was the best of times,", "it was the worst of times."),
        ("-Who's there?", "-A friend."),
    ],
    "fr": [("Où êtes-vous, ma chère Noëlle ?", "À l’œuvre, ça va de soi…")],
    "pt": [("Não há ninguém", "que não ame o coração.")],
    "pl": [("Zażółć gęślą jaźń.",)],
    "hi": [("मोहन ने कहा कि", "क्षमा करना, ज़रूर!"), ("-कौन है?", "-मैं हूँ।")],
    "ta": [("வணக்கம், நண்பரே.",)],
    "ur": [("وہ Delhi گیا۔", "کیا تم آؤ گے؟")],
    "ar": [("السلام عليكم", "123 مرحبا")],
    "ja": [("吾輩は猫である。", "名前はまだ無い。")],
    "hi-Latn": [("mohan ne kaha ki", "tum aao")],
}  # fmt: skip
# A line each of other scripts.
SCRIPTS = {
    "am": "ሰላም፣ እንዴት ነህ?", "bn": "তুমি কোথায় যাচ্ছ?", "el": "Πού πας, φίλε μου;",
    "gu": "તું ક્યાં જાય છે?", "he": "לאן אתה הולך?", "hy": "Ո՞ւր ես գնում։", "ka": "სად მიდიხარ?",
    "km": "តើអ្នកទៅណា?", "kn": "ನೀನು ಎಲ್ಲಿಗೆ ಹೋಗುತ್ತಿದ್ದೀಯ?", "ko": "어디 가세요?", "lo": "ເຈົ້າໄປໃສ?",
    "ml": "നീ എവിടെ പോകുന്നു?", "my": "ဘယ်သွားမလဲ။", "or": "ତୁମେ କେଉଁଠି ଯାଉଛ?", "pa": "ਤੂੰ ਕਿੱਥੇ ਜਾ ਰਿਹਾ ਹੈਂ?",
    "ru": "Куда ты идёшь?", "si": "ඔබ කොහෙද යන්නේ?", "te": "నువ్వు ఎక్కడికి వెళ్తున్నావు?",
    "th": "คุณจะไปไหน", "zh": "你要去哪里？", "zh-Hant": "你要去哪裡？",
}  # fmt: skip
LATIN = ("en", "pt", "hi-Latn")
HOSTILE = [
    "</p></div> <script>alert(1)</script>",
    "]]> & &amp; &#x41; <!-- -->",
    '=HYPERLINK("http://x","y")',
    "@SUM(1+1)",
    'a;=HYPERLINK("http://x")',
    "x,  =1+1",
    "+1 -1",
    "-2+3",
    "{\\an8}up",
    "9420 942f",
    "a --> b",
    "10:00:00:00",
    "42",
    'quoted "text", and; more',
    "tab\tand\x01\x80\x8a\x8fcontrol",
    "a\u202eb\u2028c",
]


def track(language: str, rate: float = 25.0, count: int = 0) -> list[Cue]:
    """Cues on the frames of a film, the words of a language in each of the ways a cue can be, over
    and over for at least `count` of them."""
    cues: list[Cue] = []

    def add(lines: tuple[str, ...], seconds: float, **more: object) -> None:
        first = round((cues[-1].end_ms if cues else 4000) * rate / 1000) + 2
        last = first + round(seconds * rate)
        start, end = int(first * 1000 / rate), int(last * 1000 / rate)
        cues.append(Cue(f"c{len(cues) + 1:05d}", start, end, lines, (), **more))  # type: ignore[arg-type]

    ways = [(SCRIPTS[language],)] if language in SCRIPTS else LINES[language]
    for lines in ways * max(1, -(-count // (5 * len(ways)))):
        add(lines, 4)
        add(tuple(f"♪ {line} ♪" for line in lines), 4, sung=True, italic=True)
        add(lines, 4, place=8)
        marked = (f"<i>{lines[0]}</i>", *lines[1:])
        add(lines, 4, marked=marked if len(lines) > 1 else ())
        add(lines[:1], 4, voices=(Voice("s1", 0.9), Voice("s2", 0.8)))
    return cues


def hostile() -> list[Cue]:
    """Cues whose text looks like the markup of some format."""
    times = [(4000 + 5000 * n, 8000 + 5000 * n) for n in range(len(HOSTILE))]
    return [
        Cue(f"c{n:05d}", start, end, (text, "below"), ())
        for n, ((start, end), text) in enumerate(zip(times, HOSTILE, strict=True), 1)
    ]
