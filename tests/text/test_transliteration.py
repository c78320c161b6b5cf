"""Hindi recognised in Urdu's script, in Devanagari. Literal input, literal output."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from subtitling.text.transliteration import Written, devanagari, urdu


def written(heard: str, *names: str) -> str:
    return " ".join(word.text for word in devanagari(heard.split(), names) if word.text)


@pytest.mark.parametrize(
    ("heard", "hindi"),
    [
        ("اپنی ما کے ساتھ ایک چھوٹے سے گاؤں میں رہتا تھا", "अपनी माँ के साथ एक छोटे से गाँव में रहता था"),
        ("مجھے بہت بھوک لگی تھی", "मुझे बहुत भूख लगी थी"),
        ("ہم نے دود پیا", "हमने दूध पिया"),
        ("اچھا پانی", "अच्छा पानी"),
        ("بہت دیر ہو گئی", "बहुत देर हो गई"),
    ],
)  # fmt: skip
def test_common_words_are_spelt_as_hindi_spells_them(heard: str, hindi: str) -> None:
    assert written(heard) == hindi


@pytest.mark.parametrize(
    ("heard", "hindi"),
    [
        ("میں گھر میں ہوں", "मैं घर में हूँ"),
        ("اُس کے پتہ نے کہا", "उसके पिता ने कहा"),
        ("مجھے پتہ نہیں", "मुझे पता नहीं"),
        ("وہ کہا گئی", "वह कहाँ गई"),
        ("ندی کی اور جائیں گے", "नदी की ओर जाएँगे"),
        ("رام اور سیتا", "राम और सीता"),
        ("اس نے کہا کی وہ آیا", "उसने कहा कि वह आया"),
        ("وہ لوگ کہاں ہیں", "वे लोग कहाँ हैं"),
        ("بارش ہو رہی تھے", "बारिश हो रही थी"),
        ("میری بھائی کو", "मेरे भाई को"),
        ("کیا تم آئے", "क्या तुम आए"),
        ("اس نے کام کیا", "उसने काम किया"),
    ],
)
def test_neighbours_decide_between_words_that_are_written_alike(heard: str, hindi: str) -> None:
    assert written(heard) == hindi


@pytest.mark.parametrize(
    ("heard", "texts"),
    [
        ("سالتھی", ["साल थी"]),
        ("آرہا ہوں", ["आ रहा", "हूँ"]),
    ],
)
def test_a_heard_word_that_is_two_gives_both(heard: str, texts: list[str]) -> None:
    assert [word.text for word in devanagari(heard.split())] == texts


@pytest.mark.parametrize(
    ("heard", "texts"),
    [
        ("آپ کو تین", ["आपको", "", "तीन"]),
        ("وہ دیکھ کر", ["वह", "देखकर", ""]),
        ("وہ جائے گا", ["वह", "जाएगा", ""]),
        ("سبھی ادھی کاروں کے", ["सभी", "अधिकारों", "", "के"]),
    ],
)
def test_of_heard_words_that_are_one_the_first_gives_it(heard: str, texts: list[str]) -> None:
    assert [word.text for word in devanagari(heard.split())] == texts


def test_english_words_are_spelt_as_hindi_spells_them() -> None:
    assert written("ٹرین اسٹیشن پر ہے") == "ट्रेन स्टेशन पर है"
    assert written("داکٹر اسکول میں ہے") == "डॉक्टर स्कूल में है"


@pytest.mark.parametrize(
    ("heard", "hindi"),
    [
        ("السلام علیکم بھائی", "अस्सलाम अलैकुम भाई"),
        ("یا اللہ!", "या अल्लाह!"),
        ("ان شاء اللہ", "इंशाअल्लाह"),
        ("یہ 500 روپے ہیں", "यह 500 रुपए हैं"),
        ("1947ء سے", "1947 से"),
    ],
)
def test_what_urdu_spells_otherwise_than_it_is_said(heard: str, hindi: str) -> None:
    assert written(heard) == hindi


@pytest.mark.parametrize(
    ("heard", "hindi"),
    [
        ("1947 میں بھارت آزاد ہوا", "1947 में भारत आज़ाद हुआ"),
        ("میں 25 سال کا ہوں", "मैं 25 साल का हूँ"),
        ("Delhi میں رہتا ہوں", "Delhi में रहता हूँ"),
        ("10. میں آیا", "10. मैं आया"),
        ("10 - میں آیا", "10 - मैं आया"),
    ],
)
def test_a_number_is_a_word_of_its_clause(heard: str, hindi: str) -> None:
    assert written(heard) == hindi


def test_what_no_hindi_word_fits_is_written_letter_by_letter() -> None:
    assert written("زخربوتنا") == "ज़ख़रबोतना"
    [word] = devanagari(["زخربوتنا"])
    assert word.sure < 0.5


def test_a_name_goes_first_where_it_can_be_what_is_heard() -> None:
    assert written("شو نے کہا") == "शो ने कहा"
    assert written("شو نے کہا", "शिव") == "शिव ने कहा"
    assert written("زوبن نے کہا", "ज़ुबिन गर्ग") == "ज़ुबिन ने कहा"


def test_marks_and_digits_become_hindis() -> None:
    assert written("اچھا، میں آیا۔ تم کون ہو؟") == "अच्छा, मैं आया। तुम कौन हो?"
    assert written("۱۲ دن، 10 سال") == "12 दिन, 10 साल"


def test_what_is_in_other_letters_stays_as_it_is() -> None:
    assert written("OK, रवि पढ़ -- café 5%") == "OK, रवि पढ़ -- café 5%"


def test_other_letters_inside_a_word_are_taken_for_their_sounds() -> None:
    assert written("ایک گاؤں۔ ایک گھر، ۵") == "एक गाँव। एक घर, 5"
    for village in ("گامв", "گامவ", "গাںو"):
        assert written(f"چھوٹے سے {village} میں") == "छोटे से गाँव में"


def test_a_common_word_is_sure_and_a_guess_is_not() -> None:
    sure = {word.text: word.sure for word in devanagari(["یہ", "کتاب", "بہت", "اچھی", "ہے"])}
    assert list(sure) == ["यह", "किताब", "बहुत", "अच्छी", "है"]
    assert min(sure.values()) > 0.6


def test_no_words_give_none() -> None:
    assert devanagari([]) == []


_PIECES = st.text(
    st.one_of(st.characters(), st.sampled_from("ابپتٹجچحدڈرڑزسشصعفقکگلمنںوہھءیےئآؤۓًَُِّ۔،؟۱۲ -"))
)


@settings(max_examples=300, deadline=None)
@given(st.lists(_PIECES, max_size=8), st.lists(_PIECES, max_size=2))
def test_any_words_give_an_answer_each_and_always_the_same(
    heard: list[str], names: list[str]
) -> None:
    answers = devanagari(heard, names)
    assert len(answers) == len(heard)
    assert all(isinstance(word, Written) and 0 <= word.sure <= 1 for word in answers)
    assert answers == devanagari(heard, names)


@pytest.mark.parametrize(
    ("heard", "written"),
    [
        ("मेरे देश में लोग आज़ाद पैदा होते हैं", "میرے دیش میں لوگ آزاد پیدا ہوتے ہیں"),
        ("ख़ुदा हाफ़िज़", "خدا حافظ"),  # which z and which h only the list knows
        ("ज़िंदगी मोहब्बत", "زندگی محبت"),
        ("डुगडुगीवाला", "ڈگڈگیوالا"),  # no word of the list
        ("", ""),
    ],
)
def test_urdu_heard_in_devanagari_is_written_in_its_letters(heard: str, written: str) -> None:
    assert " ".join(map(urdu, heard.split())) == written
