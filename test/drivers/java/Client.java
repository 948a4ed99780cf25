// mssql-jdbc against the local Azure with access tokens. Prints "ok <check>" or "not ok <check>: <reason>" for each check.
import com.microsoft.sqlserver.jdbc.SQLServerDataSource;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.util.Arrays;
import java.util.Objects;

public class Client {
    private static final String TEXT = "Łukasz 😀 سارة 渡辺 O'Brien ][";
    private static boolean failed;

    interface Check {
        void run() throws Exception;
    }

    private static void check(String name, Check check) {
        try {
            check.run();
            System.out.println("ok " + name);
        } catch (Exception error) {
            failed = true;
            System.out.println("not ok " + name + ": " + String.valueOf(error).replace('\n', ' '));
        }
    }

    private static void same(Object got, Object wanted) {
        if (!Objects.equals(String.valueOf(got), String.valueOf(wanted))) {
            throw new IllegalStateException("expected " + wanted + ", got " + got);
        }
    }

    private static Connection connect(String token, String encrypt, boolean trustCA) throws SQLException {
        SQLServerDataSource source = new SQLServerDataSource();
        source.setServerName(System.getenv("SQL_HOST"));
        source.setPortNumber(Integer.parseInt(System.getenv("SQL_PORT")));
        source.setDatabaseName(System.getenv("SQL_DATABASE"));
        source.setEncrypt(encrypt);
        source.setTrustServerCertificate(false);
        source.setAccessToken(token);
        source.setLoginTimeout(10);
        source.setConnectRetryCount(0);
        if (trustCA) {
            source.setTrustStore(System.getenv("SQL_TRUST_STORE"));
            source.setTrustStorePassword(System.getenv("SQL_TRUST_STORE_PASSWORD"));
        }
        return source.getConnection();
    }

    private static Object scalar(Connection connection, String query, Object... arguments) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(query)) {
            for (int at = 0; at < arguments.length; at++) statement.setObject(at + 1, arguments[at]);
            try (ResultSet rows = statement.executeQuery()) {
                rows.next();
                return rows.getObject(1);
            }
        }
    }

    private static void expect(int wanted, Check check) throws Exception {
        try {
            check.run();
        } catch (SQLException error) {
            if (error.getErrorCode() == wanted) return;
            throw new IllegalStateException("expected error " + wanted + ", got " + error.getErrorCode() + ": " + error.getMessage());
        }
        throw new IllegalStateException("expected error " + wanted + ", and there was none");
    }

    public static void main(String[] arguments) throws Exception {
        String token = System.getenv("SQL_TOKEN");
        check("an unknown CA is refused", () -> {
            try (Connection other = connect(token, "true", false)) {
                throw new IllegalStateException("the connection was accepted");
            } catch (SQLException error) {
                if (!String.valueOf(error.getMessage()).contains("certification path")) throw error;
            }
        });
        try (Connection connection = connect(token, "true", true)) {
            checks(connection, token);
        }
        System.exit(failed ? 1 : 0);
    }

    private static void checks(Connection connection, String token) {
        check("select", () -> same(
            scalar(connection, "SELECT DB_NAME() + N' ' + CAST(1 + ? AS nvarchar(10))", 41),
            System.getenv("SQL_DATABASE") + " 42"));
        check("TDS 8", () -> {
            try (Connection strict = connect(token, "strict", true)) {
                same(scalar(strict, "SELECT 7"), 7);
            }
        });
        check("insert with parameters", () -> {
            try (Statement statement = connection.createStatement()) {
                statement.execute("CREATE TABLE dbo.java_rows (id int IDENTITY(1,1) PRIMARY KEY, name nvarchar(60) NULL, n int NULL)");
            }
            try (PreparedStatement insert = connection.prepareStatement(
                    "INSERT INTO dbo.java_rows (name, n) VALUES (?, ?)", Statement.RETURN_GENERATED_KEYS)) {
                insert.setNString(1, TEXT);
                insert.setInt(2, 5);
                same(insert.executeUpdate(), 1);
                try (ResultSet keys = insert.getGeneratedKeys()) {
                    keys.next();
                    same(keys.getInt(1), 1);
                }
                insert.setNull(1, Types.NVARCHAR);
                insert.setNull(2, Types.INTEGER);
                same(insert.executeUpdate(), 1);
                for (int n = 0; n < 3; n++) {
                    insert.setNString(1, "batch");
                    insert.setInt(2, n);
                    insert.addBatch();
                }
                same(Arrays.toString(insert.executeBatch()), "[1, 1, 1]");
            }
        });
        check("unicode", () -> same(scalar(connection, "SELECT name FROM dbo.java_rows WHERE name = ?", TEXT), TEXT));
        check("nulls", () -> {
            try (Statement statement = connection.createStatement();
                    ResultSet rows = statement.executeQuery("SELECT name, n FROM dbo.java_rows WHERE name IS NULL AND n IS NULL")) {
                same(rows.next(), true);
                same(rows.getString(1), null);
                same(rows.getInt(2), 0);
                same(rows.wasNull(), true);
                same(rows.next(), false);
            }
        });
        check("types", () -> types(connection));
        check("long values", () -> {
            String text = "é😀".repeat(100_000);
            byte[] bytes = new byte[600_000];
            Arrays.fill(bytes, (byte) 0xAB);
            try (PreparedStatement statement = connection.prepareStatement(
                    "SELECT CAST(? AS nvarchar(max)), CAST(? AS varbinary(max))")) {
                statement.setNString(1, text);
                statement.setBytes(2, bytes);
                try (ResultSet rows = statement.executeQuery()) {
                    rows.next();
                    same(rows.getString(1).equals(text), true);
                    same(Arrays.equals(rows.getBytes(2), bytes), true);
                }
            }
        });
        check("many rows", () -> {
            try (Statement statement = connection.createStatement();
                    ResultSet rows = statement.executeQuery(
                        "SELECT value, REPLICATE(N'x', value % 50) FROM GENERATE_SERIES(1, 20000) ORDER BY value")) {
                int count = 0;
                while (rows.next()) {
                    count++;
                    same(rows.getInt(1), count);
                    same(rows.getString(2).length(), count % 50);
                }
                same(count, 20000);
            }
        });
        check("rollback", () -> {
            connection.setAutoCommit(false);
            try (Statement statement = connection.createStatement()) {
                statement.executeUpdate("INSERT INTO dbo.java_rows (name) VALUES (N'in transaction')");
                connection.rollback();
                same(scalar(connection, "SELECT COUNT(*) FROM dbo.java_rows WHERE name = N'in transaction'"), 0);
                statement.executeUpdate("INSERT INTO dbo.java_rows (name) VALUES (N'in transaction')");
                connection.commit();
                same(scalar(connection, "SELECT COUNT(*) FROM dbo.java_rows WHERE name = N'in transaction'"), 1);
                connection.commit();
            } finally {
                connection.setAutoCommit(true);
            }
        });
        check("a statement's error", () -> {
            expect(208, () -> scalar(connection, "SELECT * FROM dbo.no_such_table"));
            try (PreparedStatement insert = connection.prepareStatement("INSERT INTO dbo.java_rows (name) VALUES (?)")) {
                insert.setNString(1, "x".repeat(61));
                expect(2628, insert::executeUpdate);
            }
        });
        check("a reader gets 229", () -> {
            try (Connection reader = connect(System.getenv("SQL_READER_TOKEN"), "true", true);
                    Statement statement = reader.createStatement()) {
                same(scalar(reader, "SELECT COUNT(*) FROM dbo.java_rows"), 6);
                expect(229, () -> statement.executeUpdate("INSERT INTO dbo.java_rows (name) VALUES (N'forbidden')"));
            }
        });
        check("a wrong token gets 18456", () -> expect(18456, () -> connect(System.getenv("SQL_BAD_TOKEN"), "true", true).close()));
        check("cancel", () -> {
            long started = System.nanoTime();
            try (Statement statement = connection.createStatement()) {
                statement.setQueryTimeout(1);
                statement.execute("WAITFOR DELAY '00:01:00'");
                throw new IllegalStateException("the statement ran to its end");
            } catch (SQLException error) {
                if (!"HY008".equals(error.getSQLState())) throw error;
            }
            same(System.nanoTime() - started < 20_000_000_000L, true);
            same(scalar(connection, "SELECT 3"), 3);
        });
    }

    // The engine counts microseconds (its README), so the seventh digit of a time is always 0.
    private static void types(Connection connection) throws SQLException {
        String query = "SELECT CAST(1 AS bit), CAST(255 AS tinyint), CAST(-32768 AS smallint), CAST(-2147483648 AS int), "
            + "CAST(9223372036854775807 AS bigint), CAST('12345678901234567890.1234' AS decimal(30, 4)), CAST(-922337203685477.5808 AS money), "
            + "CAST(1.5 AS real), CAST(-2.25E10 AS float), CAST('2024-02-29' AS date), CAST('23:59:59.123456' AS time(7)), "
            + "CAST('2024-02-29T12:34:56.997' AS datetime), CAST('2024-02-29T12:34:00' AS smalldatetime), "
            + "CAST('0001-01-01T00:00:00.123456' AS datetime2(7)), CAST('2024-02-29T12:34:56.5 +05:30' AS datetimeoffset(3)), "
            + "CAST('ab' AS char(4)), CAST('caf' + CHAR(233) AS varchar(10)), CAST(N'é' AS nchar(2)), CAST(N'😀' AS nvarchar(10)), "
            + "CAST(0x0102 AS binary(4)), CAST(0xFF AS varbinary(4)), CAST('6F9619FF-8B86-D011-B42D-00C04FC964FF' AS uniqueidentifier)";
        try (Statement statement = connection.createStatement(); ResultSet row = statement.executeQuery(query)) {
            row.next();
            same(row.getBoolean(1), true);
            same(row.getShort(2), 255);
            same(row.getShort(3), -32768);
            same(row.getInt(4), Integer.MIN_VALUE);
            same(row.getLong(5), Long.MAX_VALUE);
            same(row.getBigDecimal(6), new BigDecimal("12345678901234567890.1234"));
            same(row.getBigDecimal(7), new BigDecimal("-922337203685477.5808"));
            same(row.getFloat(8), 1.5f);
            same(row.getDouble(9), -2.25e10);
            same(row.getString(10), "2024-02-29");
            same(row.getString(11), "23:59:59.1234560");
            same(row.getTimestamp(12).toLocalDateTime(), "2024-02-29T12:34:56.997");
            same(row.getTimestamp(13).toLocalDateTime(), "2024-02-29T12:34");
            same(row.getString(14), "0001-01-01 00:00:00.1234560");
            same(row.getObject(15, java.time.OffsetDateTime.class), "2024-02-29T12:34:56.500+05:30");
            same(row.getString(16), "ab  ");
            same(row.getString(17), "café");
            same(row.getString(18), "é ");
            same(row.getString(19), "😀");
            same(Arrays.toString(row.getBytes(20)), "[1, 2, 0, 0]");
            same(Arrays.toString(row.getBytes(21)), "[-1]");
            same(row.getString(22), "6F9619FF-8B86-D011-B42D-00C04FC964FF");
        }
    }
}
