"""mssql-python against the local Azure with access tokens. Prints "ok <check>" or "not ok <check>: <reason>" for each check."""

import datetime
import decimal
import os
import struct
import subprocess
import sys
import time
import uuid

import mssql_python

TEXT = "Łukasz 😀 سارة 渡辺 O'Brien ]["
SQL_COPT_SS_ACCESS_TOKEN = 1256
failed = False


def check(name, run):
    global failed
    try:
        run()
        print("ok " + name, flush=True)
    except Exception as error:  # the reason is the report
        failed = True
        print("not ok %s: %s" % (name, " ".join(str(error).split()) or repr(error)), flush=True)


def same(got, wanted):
    if got != wanted:
        raise AssertionError("expected %r, got %r" % (wanted, got))


def connect(token, encrypt="yes"):
    encoded = token.encode("utf-16-le")
    text = "Server=tcp:%s,%s;Database=%s;Encrypt=%s;TrustServerCertificate=no;" % (
        os.environ["SQL_HOST"],
        os.environ["SQL_PORT"],
        os.environ["SQL_DATABASE"],
        encrypt,
    )
    attributes = {SQL_COPT_SS_ACCESS_TOKEN: struct.pack("<I%ds" % len(encoded), len(encoded), encoded)}
    return mssql_python.connect(text, attrs_before=attributes, autocommit=True, timeout=30)


def scalar(connection, query, *arguments):
    cursor = connection.cursor()
    try:
        cursor.execute(query, *arguments)
        return cursor.fetchone()[0]
    finally:
        cursor.close()


def run_statement(connection, query, *arguments):
    cursor = connection.cursor()
    try:
        cursor.execute(query, *arguments)
        return cursor.rowcount
    finally:
        cursor.close()


def expect(words, run):
    """The driver gives no error number, so the server's words stand for it."""
    try:
        run()
    except mssql_python.Error as error:
        if words not in str(error):
            raise AssertionError("expected '%s', got '%s'" % (words, error))
        return
    raise AssertionError("expected '%s', and there was no error" % words)


def unknown_ca():
    environment = dict(os.environ)
    environment["SSL_CERT_FILE"] = os.environ["SQL_SYSTEM_CA"]
    result = subprocess.run([sys.executable, __file__, "connect"], env=environment, capture_output=True, text=True, timeout=60)
    same(result.returncode, 3)
    if "certificate" not in result.stdout.lower():
        raise AssertionError("refused for another reason: " + result.stdout)


def only_connect():
    try:
        connect(os.environ["SQL_TOKEN"]).close()
    except mssql_python.Error as error:
        print(error)
        return 3
    return 0


def tds8():
    connection = connect(os.environ["SQL_TOKEN"], "strict")
    same(scalar(connection, "SELECT 7"), 7)
    connection.close()


def insert(connection):
    run_statement(
        connection,
        "CREATE TABLE dbo.python_rows (id int IDENTITY(1,1) PRIMARY KEY, name nvarchar(60) NULL, n int NULL)",
    )
    same(
        scalar(connection, "INSERT INTO dbo.python_rows (name, n) OUTPUT inserted.id VALUES (?, ?)", TEXT, 5),
        1,
    )
    same(run_statement(connection, "INSERT INTO dbo.python_rows (name, n) VALUES (?, ?)", None, None), 1)
    cursor = connection.cursor()
    cursor.executemany("INSERT INTO dbo.python_rows (name, n) VALUES (?, ?)", [("many", 1), ("many", 2)])
    cursor.close()
    same(scalar(connection, "SELECT COUNT(*) FROM dbo.python_rows WHERE name = N'many'"), 2)


def nulls(connection):
    cursor = connection.cursor()
    cursor.execute("SELECT name, n FROM dbo.python_rows WHERE name IS NULL AND n IS NULL")
    same([tuple(row) for row in cursor.fetchall()], [(None, None)])
    cursor.close()


def types(connection):
    cursor = connection.cursor()
    cursor.execute(
        """SELECT CAST(1 AS bit), CAST(255 AS tinyint), CAST(-32768 AS smallint), CAST(-2147483648 AS int),
CAST(9223372036854775807 AS bigint), CAST('12345678901234567890.1234' AS decimal(30, 4)), CAST(-922337203685477.5808 AS money),
CAST(1.5 AS real), CAST(-2.25E10 AS float), CAST('2024-02-29' AS date), CAST('23:59:59.123456' AS time(6)),
CAST('2024-02-29T12:34:56.997' AS datetime), CAST('2024-02-29T12:34:00' AS smalldatetime),
CAST('0001-01-01T00:00:00.123456' AS datetime2(6)), CAST('2024-02-29T12:34:56.5 +05:30' AS datetimeoffset(3)),
CAST('ab' AS char(4)), CAST('caf' + CHAR(233) AS varchar(10)), CAST(N'é' AS nchar(2)), CAST(N'😀' AS nvarchar(10)),
CAST(0x0102 AS binary(4)), CAST(0xFF AS varbinary(4)), CAST('6F9619FF-8B86-D011-B42D-00C04FC964FF' AS uniqueidentifier)"""
    )
    row = tuple(cursor.fetchone())
    cursor.close()
    offset = datetime.timezone(datetime.timedelta(hours=5, minutes=30))
    wanted = (
        True,
        255,
        -32768,
        -2147483648,
        9223372036854775807,
        decimal.Decimal("12345678901234567890.1234"),
        decimal.Decimal("-922337203685477.5808"),
        1.5,
        -2.25e10,
        datetime.date(2024, 2, 29),
        datetime.time(23, 59, 59, 123456),
        datetime.datetime(2024, 2, 29, 12, 34, 56, 997000),
        datetime.datetime(2024, 2, 29, 12, 34),
        datetime.datetime(1, 1, 1, 0, 0, 0, 123456),
        datetime.datetime(2024, 2, 29, 12, 34, 56, 500000, offset),
        "ab  ",
        "café",
        "é ",
        "😀",
        b"\x01\x02\x00\x00",
        b"\xff",
        uuid.UUID("6F9619FF-8B86-D011-B42D-00C04FC964FF"),
    )
    same(len(row), len(wanted))
    for at, value in enumerate(wanted):
        if row[at] != value:
            raise AssertionError("column %d: expected %r, got %r" % (at + 1, value, row[at]))


def long_values(connection):
    text = "é😀" * 100_000
    data = b"\x00\xff" * 300_000
    cursor = connection.cursor()
    cursor.execute("SELECT CAST(? AS nvarchar(max)), CAST(? AS varbinary(max))", text, data)
    row = cursor.fetchone()
    cursor.close()
    same(row[0] == text, True)
    same(row[1] == data, True)


def many_rows(connection):
    cursor = connection.cursor()
    cursor.execute("SELECT value, REPLICATE(N'x', value % 50) FROM GENERATE_SERIES(1, 20000) ORDER BY value")
    rows = cursor.fetchall()
    cursor.close()
    same([(row[0], len(row[1])) for row in rows], [(n, n % 50) for n in range(1, 20001)])


def rollback(connection):
    connection.autocommit = False
    try:
        for keep in (False, True):
            run_statement(connection, "INSERT INTO dbo.python_rows (name) VALUES (N'in transaction')")
            if keep:
                connection.commit()
            else:
                connection.rollback()
            count = scalar(connection, "SELECT COUNT(*) FROM dbo.python_rows WHERE name = N'in transaction'")
            connection.commit()
            same(count, 1 if keep else 0)
    finally:
        connection.autocommit = True


def statement_errors(connection):
    expect("Invalid object name 'dbo.no_such_table'", lambda: scalar(connection, "SELECT * FROM dbo.no_such_table"))
    expect(
        "String or binary data would be truncated",
        lambda: run_statement(connection, "INSERT INTO dbo.python_rows (name) VALUES (?)", "x" * 61),
    )


def reader():
    connection = connect(os.environ["SQL_READER_TOKEN"])
    same(scalar(connection, "SELECT COUNT(*) FROM dbo.python_rows"), 5)
    expect(
        "The INSERT permission was denied on the object 'python_rows'",
        lambda: run_statement(connection, "INSERT INTO dbo.python_rows (name) VALUES (N'forbidden')"),
    )
    connection.close()


def cancel():
    connection = connect(os.environ["SQL_TOKEN"])
    connection.timeout = 1
    started = time.monotonic()
    expect("imeout", lambda: run_statement(connection, "WAITFOR DELAY '00:01:00'"))
    same(time.monotonic() - started < 20, True)
    same(scalar(connection, "SELECT 3"), 3)
    connection.close()


def main():
    check("an unknown CA is refused", unknown_ca)
    connection = connect(os.environ["SQL_TOKEN"])
    check(
        "select",
        lambda: same(
            scalar(connection, "SELECT DB_NAME() + N' ' + CAST(1 + ? AS nvarchar(10))", 41),
            os.environ["SQL_DATABASE"] + " 42",
        ),
    )
    check("TDS 8", tds8)
    check("insert with parameters", lambda: insert(connection))
    check("unicode", lambda: same(scalar(connection, "SELECT name FROM dbo.python_rows WHERE name = ?", TEXT), TEXT))
    check("nulls", lambda: nulls(connection))
    check("types", lambda: types(connection))
    check("long values", lambda: long_values(connection))
    check("many rows", lambda: many_rows(connection))
    check("rollback", lambda: rollback(connection))
    check("a statement's error", lambda: statement_errors(connection))
    check("a reader gets 229", reader)
    check("a wrong token gets 18456", lambda: expect("Login failed", lambda: connect(os.environ["SQL_BAD_TOKEN"])))
    check("cancel", cancel)
    connection.close()
    return 1 if failed else 0


sys.exit(only_connect() if sys.argv[1:] == ["connect"] else main())
