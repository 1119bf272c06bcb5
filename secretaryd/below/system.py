"""Words of the system and of libraries, which tell no codes beside them, or whose codes are lost on the way."""

import errno
import os
import re
from typing import Final

FOREIGN: Final[dict[str, str]] = {
    **{
        os.strerror(number): words
        for number, words in {
            errno.EPERM: "так нельзя",
            errno.ENOENT: "такого файла нет",
            errno.EIO: "ошибка чтения или записи: носитель неисправен",
            errno.ENXIO: "такого устройства нет",
            errno.ENOMEM: "не хватает памяти",
            errno.EACCES: "нет прав",
            errno.EBUSY: "занято",
            errno.EEXIST: "уже есть",
            errno.EXDEV: "это разные диски",
            errno.ENODEV: "такого устройства нет",
            errno.ENOTDIR: "это не папка",
            errno.EISDIR: "это папка",
            errno.EINVAL: "так не бывает",
            errno.EMFILE: "открыто слишком много файлов",
            errno.ENFILE: "открыто слишком много файлов",
            errno.EFBIG: "файл слишком велик",
            errno.ENOSPC: "на диске нет места",
            errno.EROFS: "диск только для чтения",
            errno.EPIPE: "соединение оборвано",
            errno.ENAMETOOLONG: "имя слишком длинное",
            errno.ENOTEMPTY: "папка не пуста",
            errno.ELOOP: "ссылки идут по кругу",
            errno.EDQUOT: "место для этого пользователя кончилось",
            errno.ESTALE: "файл пропал с сетевого диска",
            errno.EADDRINUSE: "адрес уже занят",
            errno.EADDRNOTAVAIL: "такого адреса у коробки нет",
            errno.ENETDOWN: "сеть выключена",
            errno.ENETUNREACH: "сети нет",
            errno.EHOSTUNREACH: "до той машины не дойти",
            errno.ECONNREFUSED: "там никто не отвечает",
            errno.ECONNRESET: "соединение оборвано",
            errno.ECONNABORTED: "соединение оборвано",
            errno.ENOTCONN: "соединения нет",
            errno.ETIMEDOUT: "ответа нет слишком долго",
            errno.EAGAIN: "сейчас занято",
            errno.ENOTSUP: "так эта система не умеет",
        }.items()
    },
    # SQLite, https://www.sqlite.org/rescode.html
    "attempt to write a readonly database": "база данных только для чтения",
    "bad parameter or other API misuse": "ошибка в программе",
    "database disk image is malformed": "файл повреждён",
    "database is locked": "база занята",
    "database or disk is full": "на диске нет места",
    "disk I/O error": "ошибка чтения или записи: носитель неисправен",
    "file is not a database": "это не база данных",
    "out of memory": "не хватает памяти",
    "unable to open database file": "файл базы не открывается",
    # zlib, gzip, zipfile, age
    "Compressed file ended before the end-of-stream marker was reached": "обрывается на полуслове",
    "File is not a zip file": "это не архив zip",
    "Decryption error": "расшифровать не удаётся",
    "Header is invalid": "заголовок не годится",
    "Header MAC is invalid": "заголовок подменён",
    "last chunk is truncated": "конец обрезан",
    "No matching keys found": "ключ не подходит",
    # the network
    "All connection attempts failed": "соединиться не удаётся",
    "Server disconnected without sending a response.": "сервер оборвал соединение",
    "Temporary failure in name resolution": "адрес не находится (интернета нет?)",
    "Name or service not known": "адрес не находится (интернета нет?)",
    "No address associated with hostname": "адрес не находится (интернета нет?)",
    "Connection lost": "соединение оборвано",
    "timed out": "ответа нет слишком долго",
    "The read operation timed out": "ответа нет слишком долго",
    # the modem's port, pyserial
    "Could not exclusively lock port": "порт занят другой программой",
}
WORDINGS: Final = tuple(
    (re.compile(pattern, re.DOTALL), words)
    for pattern, words in (
        (r"Error -3 while decompressing data.*", "сжатые данные испорчены"),
        (r"Bad CRC-32 for file '(?P<name>[^']*)'", "контрольная сумма {name} не сходится"),
        (r"CRC check failed.*", "контрольная сумма не сходится"),
        (r"Not a gzipped file.*", "это не сжатые данные"),
        (r"(?:Connect|Read|Write|RemoteProtocol|Decoding)Error: (?P<why>.+)", "{why}"),
        (r"ConnectTimeout|ReadTimeout|WriteTimeout|PoolTimeout", "ответа нет слишком долго"),
        (r"ConnectError", "соединиться не удаётся"),
        (r"RemoteProtocolError|ReadError|WriteError", "соединение оборвано"),
        (r"(?:\[Errno \d+\] )?could not open port (?P<path>[^:]+): (?P<why>.+)", "порт {path} не открывается: {why}"),
        (r"\[Errno -?\d+\] (?P<why>[^:]+)(?:: .*)?", "{why}"),
        (r"(?P<command>AT\S*) -> (?P<code>.+)", "на {command} модем ответил {code}"),
        (r"HTTP (?P<status>\d+)(?: .*)?", "сервер ответил {status}"),
        (r"no answer within (?P<seconds>[\d.]+) s", "нет ответа уже {seconds} с"),
    )
)  # fmt: skip
