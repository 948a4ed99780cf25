// go-mssqldb against the local Azure with access tokens. Prints "ok <check>" or "not ok <check>: <reason>" for each check.
package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	mssql "github.com/microsoft/go-mssqldb"
)

const text = "Łukasz 😀 سارة 渡辺 O'Brien ]["

var failed bool

func check(name string, run func() error) {
	if err := run(); err != nil {
		failed = true
		fmt.Printf("not ok %s: %s\n", name, strings.ReplaceAll(err.Error(), "\n", " "))
		return
	}
	fmt.Printf("ok %s\n", name)
}

func connect(token, encrypt string, trustCA bool) (*sql.DB, error) {
	query := url.Values{}
	query.Set("database", os.Getenv("SQL_DATABASE"))
	query.Set("encrypt", encrypt)
	query.Set("TrustServerCertificate", "false")
	query.Set("dial timeout", "10")
	if trustCA {
		query.Set("certificate", os.Getenv("SQL_CA"))
	}
	dsn := url.URL{Scheme: "sqlserver", Host: os.Getenv("SQL_HOST") + ":" + os.Getenv("SQL_PORT"), RawQuery: query.Encode()}
	connector, err := mssql.NewAccessTokenConnector(dsn.String(), func() (string, error) { return token, nil })
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(1)
	return db, nil
}

func number(err error) int32 {
	var failure mssql.Error
	if errors.As(err, &failure) {
		return failure.Number
	}
	return 0
}

func expect(err error, wanted int32) error {
	if got := number(err); got != wanted {
		return fmt.Errorf("expected error %d, got %d (%v)", wanted, got, err)
	}
	return nil
}

func same(got, wanted interface{}) error {
	if fmt.Sprint(got) != fmt.Sprint(wanted) {
		return fmt.Errorf("expected %v, got %v", wanted, got)
	}
	return nil
}

func scalar(db *sql.DB, query string, arguments ...interface{}) (interface{}, error) {
	var value interface{}
	err := db.QueryRow(query, arguments...).Scan(&value)
	return value, err
}

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func main() {
	token := os.Getenv("SQL_TOKEN")
	db, err := connect(token, "true", true)
	if err != nil {
		fmt.Println("not ok connect:", err)
		os.Exit(1)
	}
	defer db.Close()

	check("an unknown CA is refused", func() error {
		other, err := connect(token, "true", false)
		if err != nil {
			return err
		}
		defer other.Close()
		if err = other.Ping(); err == nil {
			return errors.New("the connection was accepted")
		}
		if !strings.Contains(err.Error(), "certificate") {
			return fmt.Errorf("refused for another reason: %w", err)
		}
		return nil
	})
	check("select", func() error {
		value, err := scalar(db, "SELECT DB_NAME() + N' ' + CAST(1 + @p1 AS nvarchar(10))", 41)
		return first(err, same(value, os.Getenv("SQL_DATABASE")+" 42"))
	})
	check("TDS 8", func() error {
		strict, err := connect(token, "strict", true)
		if err != nil {
			return err
		}
		defer strict.Close()
		value, err := scalar(strict, "SELECT 7")
		return first(err, same(value, 7))
	})
	check("insert with parameters", func() error {
		if _, err := db.Exec("CREATE TABLE dbo.go_rows (id int IDENTITY(1,1) PRIMARY KEY, name nvarchar(60) NULL, n int NULL)"); err != nil {
			return err
		}
		id, err := scalar(db, "INSERT INTO dbo.go_rows (name, n) OUTPUT inserted.id VALUES (@name, @n)", sql.Named("name", text), sql.Named("n", 5))
		if err = first(err, same(id, 1)); err != nil {
			return err
		}
		result, err := db.Exec("INSERT INTO dbo.go_rows (name, n) VALUES (@p1, @p2), (N'second', 7)", nil, nil)
		if err != nil {
			return err
		}
		affected, err := result.RowsAffected()
		return first(err, same(affected, 2))
	})
	check("unicode", func() error {
		value, err := scalar(db, "SELECT name FROM dbo.go_rows WHERE name = @p1", text)
		return first(err, same(value, text))
	})
	check("nulls", func() error {
		value, err := scalar(db, "SELECT COUNT(*) FROM dbo.go_rows WHERE name IS NULL AND n IS NULL")
		if err = first(err, same(value, 1)); err != nil {
			return err
		}
		var name sql.NullString
		var n sql.NullInt32
		err = db.QueryRow("SELECT name, n FROM dbo.go_rows WHERE id = 2").Scan(&name, &n)
		return first(err, same(name.Valid || n.Valid, false))
	})
	check("types", func() error { return types(db) })
	check("long values", func() error {
		long := strings.Repeat("é😀", 100_000)
		bytes := []byte(strings.Repeat("\x00\xff", 300_000))
		var gotText string
		var gotBytes []byte
		err := db.QueryRow("SELECT CAST(@p1 AS nvarchar(max)), CAST(@p2 AS varbinary(max))", long, bytes).Scan(&gotText, &gotBytes)
		return first(err, same(gotText == long, true), same(string(gotBytes) == string(bytes), true))
	})
	check("many rows", func() error {
		rows, err := db.Query("SELECT value, REPLICATE(N'x', value % 50) FROM GENERATE_SERIES(1, 20000) ORDER BY value")
		if err != nil {
			return err
		}
		defer rows.Close()
		count := 0
		for rows.Next() {
			var value int
			var filler string
			if err := rows.Scan(&value, &filler); err != nil {
				return err
			}
			count++
			if value != count || len(filler) != count%50 {
				return fmt.Errorf("row %d is %d, %d", count, value, len(filler))
			}
		}
		return first(rows.Err(), same(count, 20000))
	})
	check("rollback", func() error {
		for _, keep := range []bool{false, true} {
			tx, err := db.Begin()
			if err != nil {
				return err
			}
			if _, err = tx.Exec("INSERT INTO dbo.go_rows (name) VALUES (N'in transaction')"); err != nil {
				return first(err, tx.Rollback())
			}
			if keep {
				err = tx.Commit()
			} else {
				err = tx.Rollback()
			}
			if err != nil {
				return err
			}
			value, err := scalar(db, "SELECT COUNT(*) FROM dbo.go_rows WHERE name = N'in transaction'")
			wanted := 0
			if keep {
				wanted = 1
			}
			if err = first(err, same(value, wanted)); err != nil {
				return err
			}
		}
		return nil
	})
	check("a statement's error", func() error {
		_, err := db.Exec("SELECT * FROM dbo.no_such_table")
		if err = expect(err, 208); err != nil {
			return err
		}
		_, err = db.Exec("INSERT INTO dbo.go_rows (name) VALUES (@p1)", strings.Repeat("x", 61))
		return expect(err, 2628)
	})
	check("a reader gets 229", func() error {
		reader, err := connect(os.Getenv("SQL_READER_TOKEN"), "true", true)
		if err != nil {
			return err
		}
		defer reader.Close()
		value, err := scalar(reader, "SELECT COUNT(*) FROM dbo.go_rows")
		if err = first(err, same(value, 4)); err != nil {
			return err
		}
		_, err = reader.Exec("INSERT INTO dbo.go_rows (name) VALUES (N'forbidden')")
		return expect(err, 229)
	})
	check("a wrong token gets 18456", func() error {
		stranger, err := connect(os.Getenv("SQL_BAD_TOKEN"), "true", true)
		if err != nil {
			return err
		}
		defer stranger.Close()
		return expect(stranger.Ping(), 18456)
	})
	check("cancel", func() error {
		ctx, cancel := context.WithTimeout(context.Background(), 500*time.Millisecond)
		defer cancel()
		started := time.Now()
		_, err := db.ExecContext(ctx, "WAITFOR DELAY '00:01:00'")
		if err == nil {
			return errors.New("the statement ran to its end")
		}
		if took := time.Since(started); took > 20*time.Second {
			return fmt.Errorf("it took %s", took)
		}
		value, err := scalar(db, "SELECT 3")
		return first(err, same(value, 3))
	})
	if failed {
		os.Exit(1)
	}
}

// The engine counts microseconds (its README), so the seventh digit of a time is always 0.
func types(db *sql.DB) error {
	query := `SELECT CAST(1 AS bit), CAST(255 AS tinyint), CAST(-32768 AS smallint), CAST(-2147483648 AS int),
CAST(9223372036854775807 AS bigint), CAST('12345678901234567890.1234' AS decimal(30, 4)), CAST(-922337203685477.5808 AS money),
CAST(1.5 AS real), CAST(-2.25E10 AS float), CAST('2024-02-29' AS date), CAST('23:59:59.123456' AS time(7)),
CAST('2024-02-29T12:34:56.997' AS datetime), CAST('2024-02-29T12:34:00' AS smalldatetime),
CAST('0001-01-01T00:00:00.123456' AS datetime2(7)), CAST('2024-02-29T12:34:56.5 +05:30' AS datetimeoffset(3)), CAST('ab' AS char(4)),
CAST('caf' + CHAR(233) AS varchar(10)), CAST(N'é' AS nchar(2)), CAST(N'😀' AS nvarchar(10)), CAST(0x0102 AS binary(4)), CAST(0xFF AS varbinary(4)),
CAST('6F9619FF-8B86-D011-B42D-00C04FC964FF' AS uniqueidentifier)`
	var bit bool
	var tiny, small, integer, big int64
	var exact, money, fixed, variable, wide, emoji string
	var single, double float64
	var date, clock, datetime, smalldatetime, datetime2, offset time.Time
	var binary, varbinary []byte
	var guid mssql.UniqueIdentifier
	err := db.QueryRow(query).Scan(&bit, &tiny, &small, &integer, &big, &exact, &money, &single, &double, &date, &clock, &datetime,
		&smalldatetime, &datetime2, &offset, &fixed, &variable, &wide, &emoji, &binary, &varbinary, &guid)
	if err != nil {
		return err
	}
	return first(
		same(bit, true), same(tiny, 255), same(small, -32768), same(integer, -2147483648), same(big, int64(9223372036854775807)),
		same(exact, "12345678901234567890.1234"), same(money, "-922337203685477.5808"), same(single, 1.5), same(double, -2.25e10),
		same(date.Format("2006-01-02"), "2024-02-29"), same(clock.Format("15:04:05.0000000"), "23:59:59.1234560"),
		same(datetime.Format("2006-01-02 15:04:05.000"), "2024-02-29 12:34:56.997"), same(smalldatetime.Format("2006-01-02 15:04"), "2024-02-29 12:34"),
		same(datetime2.Format("2006-01-02 15:04:05.0000000"), "0001-01-01 00:00:00.1234560"), same(offset.Format("2006-01-02 15:04:05.000 -07:00"), "2024-02-29 12:34:56.500 +05:30"),
		same(fixed, "ab  "), same(variable, "café"), same(wide, "é "), same(emoji, "😀"), same(binary, []byte{1, 2, 0, 0}), same(varbinary, []byte{255}),
		same(guid.String(), "6F9619FF-8B86-D011-B42D-00C04FC964FF"),
	)
}
