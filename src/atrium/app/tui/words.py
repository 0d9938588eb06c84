"""What the full-screen terminal says, in English and Russian: the one place that has words for people."""

# ruff: noqa: RUF001  # Russian letters that look like Latin ones are meant

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from atrium.app.text import shortened
from atrium.client.presence import TERMINAL
from atrium.contracts.followers import Device

PluralRule = Literal["en", "ru"]


@dataclass(frozen=True, slots=True)
class Words:
    """All words of one language. Names in braces are filled in; plural forms are separated by `|`."""

    rule: PluralRule
    # the connection
    connecting: str = "connecting"
    live: str = "live"
    offline_since: str = "offline since {time}"
    restarting: str = "the hub restarts"
    # the list
    sessions: str = "Sessions"
    search: str = "Search"
    untitled: str = "Untitled session"
    copied: str = "{title} (copy)"
    today: str = "Today"
    yesterday: str = "Yesterday"
    months: str = "January February March April May June July August September October November December"
    running: str = "running"
    queued: str = "queued"
    interrupted: str = "interrupted"
    stopped: str = "stopped"
    loading: str = "Reading"
    nothing_yet: str = "No sessions yet. Press n to begin one."
    nothing_found: str = "Nothing is called that. Esc shows all sessions."
    # the conversation
    you: str = "You"
    nothing_open: str = "Enter opens a session, n begins a new one."
    nothing_said: str = "Nothing is said here yet. Write below; Enter sends."
    thinking: str = "Thinking"
    thought: str = "Thought: {count} word|Thought: {count} words"
    plan: str = "Plan, {done} of {of} done"
    tool_running: str = "{name}, running"
    tool_done: str = "{name}, {seconds} s"
    arguments: str = "Arguments"
    output: str = "Output"
    failed: str = "Failed: {reason}."
    no_reason: str = "the provider gave no reason"
    cancelled: str = "Cancelled"
    was_interrupted: str = "The hub stopped in the middle of this answer."
    switched: str = "{provider} answers from here on."
    fell_back: str = "{provider} answers from here on, because {before} failed: {reason}."
    reads_less: str = "It can read the last {kept} of {messages} messages."
    picture: str = "picture"
    image: str = "image"
    deleted_elsewhere: str = "This session was deleted."
    also_open: str = "also open on {devices}"
    device: str = "{program} on {system}"
    terminal: str = "Terminal"
    # above and in the composer
    write_here: str = "Message {provider}"
    stopped_here: str = "This session is stopped: its history stays, and it takes no more messages."
    answering: str = "{provider} answers. Esc cancels."
    asked_again: str = "{reason}. Asked again at {time}; Esc cancels, /provider chooses another."
    waiting: str = "{count} message waits: {next}|{count} messages wait, next: {next}"
    stuck: str = "Interrupted. Ctrl-R runs it again, Esc dismisses it."
    can_retry: str = "Ctrl-R runs the last message again."
    sending: str = "Sending “{text}”"
    sending_offline: str = "Kept until the hub is back: “{text}”. Esc takes it back."
    # keys at the bottom of the screen
    keys_list: str = "Enter open  n new  / search  e rename  d delete  ? keys  q quit"
    keys_search: str = "Enter to the list  Esc shows all"
    keys_read: str = "j k scroll  g G ends  Tab next line  i write  Esc sessions  ? keys"
    keys_write: str = "Enter send  Alt-Enter new line  Esc back  Ctrl-K commands  F1 keys"
    keys_busy: str = "Esc cancels the answer  Enter queues a message  Ctrl-L sessions  F1 keys"
    # questions and notices
    new_session: str = "Who answers in the new session?"
    switch: str = "Who answers from here on?"
    which_model: str = "Which model answers from here on?"
    which_mode: str = "Which mode does the agent work in?"
    nothing_to_choose: str = "Nothing to choose from is known yet. An agent says it with its first answer."
    chosen: str = "{value} from here on."
    no_provider: str = "No provider can answer now: {reasons}"
    rename: str = "Another title for this session"
    enter_saves: str = "Enter saves, Esc leaves it as it is"
    enter_chooses: str = "Enter chooses, Esc closes"
    deleted: str = "“{title}” is deleted. u brings it back."
    brought_back: str = "“{title}” is back."
    nothing_to_undo: str = "There is nothing to bring back."
    nothing_to_retry: str = "Only an answer that failed or was cut is run again."
    quit_hint: str = "Ctrl-Q leaves; the sessions stay."
    list_not_read: str = "The list of sessions could not be read: {problem}"
    # commands
    commands: str = "Search commands and sessions"
    do_new: str = "New session"
    do_search: str = "Search sessions"
    do_rename: str = "Rename this session"
    do_delete: str = "Delete this session"
    do_undo: str = "Bring back what was deleted"
    do_retry: str = "Run the last answer again"
    do_switch: str = "Let another provider answer"
    do_cancel: str = "Cancel the answer"
    do_open_lines: str = "Open or fold thinking and tools"
    do_list: str = "Go to the sessions"
    do_write: str = "Write a message"
    do_latest: str = "Go to the latest message"
    do_first: str = "Go to the first message"
    do_theme: str = "Theme: {name}"
    do_keys: str = "Keys"
    do_quit: str = "Quit"
    theme_dark: str = "dark"
    theme_light: str = "light"
    theme_contrast: str = "high contrast"
    theme_not_kept: str = "The theme is not remembered: {problem}"
    # the sheet of keys
    keys_everywhere: str = "Everywhere"
    keys_in_list: str = "In the list of sessions"
    keys_in_reading: str = "In the conversation"
    keys_in_writing: str = "Writing"
    key_cancel: str = "cancel the answer, or go back"
    key_interrupt: str = "cancel the answer"
    key_move: str = "up and down"
    key_open: str = "open"
    key_scroll: str = "scroll"
    key_ends: str = "the first and the latest message"
    key_lines: str = "go through thinking and tools; Enter opens one"
    key_send: str = "send"
    key_newline: str = "new line"
    key_panes: str = "go to the next place"


ENGLISH = Words("en")

RUSSIAN = Words(
    "ru",
    connecting="подключение",
    live="на связи",
    offline_since="нет связи с {time}",
    restarting="хаб перезапускается",
    sessions="Сессии",
    search="Поиск",
    untitled="Сессия без названия",
    copied="{title} (копия)",
    today="Сегодня",
    yesterday="Вчера",
    months="января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
    running="идёт ответ",
    queued="в очереди",
    interrupted="прервана",
    stopped="остановлена",
    loading="Чтение",
    nothing_yet="Сессий пока нет. Клавиша n начинает первую.",
    nothing_found="С таким названием ничего нет. Esc покажет все сессии.",
    you="Вы",
    nothing_open="Enter открывает сессию, n начинает новую.",
    nothing_said="Здесь пока пусто. Напишите ниже; Enter отправляет.",
    thinking="Размышляет",
    thought="Размышление: {count} слово|Размышление: {count} слова|Размышление: {count} слов",
    plan="План, готово {done} из {of}",
    tool_running="{name}, выполняется",
    tool_done="{name}, {seconds} с",
    arguments="Аргументы",
    output="Результат",
    failed="Ошибка: {reason}.",
    no_reason="провайдер не назвал причину",
    cancelled="Отменено",
    was_interrupted="Хаб остановился посреди ответа.",
    switched="Дальше отвечает {provider}.",
    fell_back="Дальше отвечает {provider}: у {before} сбой. {reason}.",
    reads_less="Ему видны последние сообщения: {kept} из {messages}.",
    picture="изображение",
    image="изображение",
    deleted_elsewhere="Эта сессия удалена.",
    also_open="открыта и здесь: {devices}",
    device="{program} на {system}",
    terminal="Терминал",
    write_here="Сообщение для {provider}",
    stopped_here="Сессия остановлена: история сохранена, новых сообщений она не принимает.",
    answering="{provider} отвечает. Esc отменяет.",
    asked_again="{reason}. Новая попытка в {time}; Esc отменяет, /provider выбирает другого.",
    waiting="{count} сообщение ждёт: {next}|{count} сообщения ждут: {next}|{count} сообщений ждут: {next}",
    stuck="Ответ прерван. Ctrl-R запускает его снова, Esc снимает.",
    can_retry="Ctrl-R повторяет последнее сообщение.",
    sending="Отправляется «{text}»",
    sending_offline="Ждёт возвращения хаба: «{text}». Esc вернёт в строку.",
    keys_list="Enter открыть  n новая  / поиск  e название  d удалить  ? клавиши  q выход",
    keys_search="Enter к списку  Esc показать все",
    keys_read="j k листать  g G края  Tab дальше  i писать  Esc сессии  ? клавиши",
    keys_write="Enter отправить  Alt-Enter строка  Esc назад  Ctrl-K команды  F1 клавиши",
    keys_busy="Esc отменяет ответ  Enter ставит в очередь  Ctrl-L сессии  F1 клавиши",
    switch="Кто отвечает дальше?",
    which_model="Какая модель отвечает дальше?",
    which_mode="В каком режиме работает агент?",
    nothing_to_choose="Выбирать пока не из чего. Агент скажет об этом с первым ответом.",
    chosen="Дальше: {value}.",
    new_session="Кто отвечает в новой сессии?",
    no_provider="Сейчас некому отвечать: {reasons}",
    rename="Новое название сессии",
    enter_saves="Enter сохраняет, Esc оставляет как есть",
    enter_chooses="Enter выбирает, Esc закрывает",
    deleted="Сессия «{title}» удалена. Клавиша u вернёт её.",
    brought_back="Сессия «{title}» возвращена.",
    nothing_to_undo="Возвращать нечего.",
    nothing_to_retry="Повторить можно лишь ответ, который не удался или был прерван.",
    list_not_read="Список сессий не прочитан: {problem}",
    quit_hint="Ctrl-Q — выход; сессии остаются.",
    commands="Поиск команд и сессий",
    do_new="Новая сессия",
    do_search="Искать сессии",
    do_rename="Переименовать эту сессию",
    do_delete="Удалить эту сессию",
    do_undo="Вернуть удалённое",
    do_switch="Выбрать другого провайдера",
    do_retry="Повторить последний ответ",
    do_cancel="Отменить ответ",
    do_open_lines="Раскрыть или свернуть размышления и инструменты",
    do_list="К списку сессий",
    do_write="Написать сообщение",
    do_latest="К последнему сообщению",
    do_first="К первому сообщению",
    do_theme="Тема: {name}",
    do_keys="Клавиши",
    do_quit="Выход",
    theme_dark="тёмная",
    theme_light="светлая",
    theme_contrast="контрастная",
    theme_not_kept="Тема не запомнена: {problem}",
    keys_everywhere="Везде",
    keys_in_list="В списке сессий",
    keys_in_reading="В разговоре",
    keys_in_writing="При письме",
    key_cancel="отменить ответ или вернуться",
    key_interrupt="отменить ответ",
    key_move="вверх и вниз",
    key_open="открыть",
    key_scroll="листать",
    key_ends="первое и последнее сообщение",
    key_lines="по размышлениям и инструментам; Enter раскрывает",
    key_send="отправить",
    key_newline="новая строка",
    key_panes="к следующему месту",
)

LANGUAGES: Mapping[str, Words] = {"en": ENGLISH, "ru": RUSSIAN}


def words_for(environment: Mapping[str, str]) -> Words:
    """Return the words for the language that `LC_ALL`, `LC_MESSAGES` or `LANG` names; English for any other."""
    named = next((value for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (value := environment.get(name))), "")
    return LANGUAGES.get(named[:2].lower(), ENGLISH)


def counted(words: Words, forms: str, count: int, **names: str) -> str:
    """Return the form of a phrase that fits a number, filled in (CLDR plural rules for whole numbers)."""
    several = forms.split("|")
    return several[min(_form(words.rule, count), len(several) - 1)].format(count=count, **names)


def devices_in_words(devices: Iterable[Device], words: Words) -> str:
    """Return devices as people call them: `Kitchen tablet, Chrome on Linux, Terminal on desk`."""
    return ", ".join(_device(one, words) for one in devices)


def _device(one: Device, words: Words) -> str:
    named = words.terminal if one.program == TERMINAL else one.program
    told = words.device.format(program=named, system=one.system) if one.system else named
    return shortened(one.name or told, 40)


def _form(rule: PluralRule, count: int) -> int:
    if rule == "en":
        return 0 if count == 1 else 1
    if count % 10 == 1 and count % 100 != 11:
        return 0
    return 1 if 2 <= count % 10 <= 4 and not 12 <= count % 100 <= 14 else 2
