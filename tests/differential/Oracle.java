import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.net.URI;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.text.SimpleDateFormat;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoField;
import java.time.temporal.TemporalAccessor;
import java.time.temporal.TemporalQueries;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Comparator;
import java.util.Date;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TimeZone;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Answers what Java's own libraries give for the calls on standard input, one a line: an operation and its arguments with
 * tabs between them. An answer is `=` and a text, `~` for NULL, `!` and a message for an error, or `[` and the elements of a
 * list. The rules around the libraries' calls are those of the function reference.
 */
public final class Oracle {

  public static void main(final String[] args) throws Exception {
    Locale.setDefault(Locale.US);
    TimeZone.setDefault(TimeZone.getTimeZone("UTC"));
    final BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    final BufferedWriter out = new BufferedWriter(new OutputStreamWriter(System.out, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      if (line.isEmpty()) {
        out.flush();
        continue;
      }
      out.write(answerLine(line));
      out.write('\n');
    }
    out.flush();
  }

  private static String answerLine(final String line) {
    final String[] parts = line.split("\t", -1);
    for (int i = 0; i < parts.length; i++) {
      parts[i] = unescape(parts[i]);
    }
    try {
      final Object answer = answer(parts[0], Arrays.copyOfRange(parts, 1, parts.length));
      if (answer instanceof List) {
        final List<String> items = new ArrayList<>();
        ((List<?>) answer).forEach(item -> items.add(plain(item)));
        return "[" + String.join("\t", items);
      }
      return plain(answer);
    } catch (final Exception | StackOverflowError e) {
      return "!" + escape(String.valueOf(e));
    }
  }

  private static String plain(final Object value) {
    if (value == null) {
      return "~";
    }
    if (value instanceof Double) {
      return "=" + bits((Double) value);
    }
    if (value instanceof BigDecimal) {
      return "=" + ((BigDecimal) value).toPlainString();
    }
    return "=" + escape(value.toString());
  }

  private static String bits(final double value) {
    return Double.isNaN(value) ? "NaN" : Long.toHexString(Double.doubleToLongBits(value));
  }

  private static String escape(final String text) {
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r");
  }

  private static String unescape(final String text) {
    if (text.equals("\\N")) {
      return null;
    }
    if (text.indexOf('\\') < 0) {
      return text;
    }
    final StringBuilder out = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '\\') {
        i++;
        c = text.charAt(i);
        c = c == 't' ? '\t' : c == 'n' ? '\n' : c == 'r' ? '\r' : c;
      }
      out.append(c);
    }
    return out.toString();
  }

  private static Object answer(final String operation, final String[] a) throws Exception {
    final int slash = operation.indexOf('.');
    final String name = operation.substring(slash + 1);
    switch (operation.substring(0, slash)) {
      case "time":
        return time(name, a);
      case "regex":
        return regex(name, a);
      case "number":
        return number(name, a);
      case "math":
        return math(name, a);
      case "text":
        return text(name, a);
      case "url":
        return url(name, a);
      case "json":
        return json(name, a);
      default:
        throw new IllegalArgumentException(operation);
    }
  }

  // --- dates and times

  private static Object time(final String name, final String[] a) throws Exception {
    switch (name) {
      case "format_timestamp":
        return DateTimeFormatter.ofPattern(a[1]).format(Instant.ofEpochMilli(Long.parseLong(a[0])).atZone(ZoneId.of(a[2])));
      case "format_date":
        return DateTimeFormatter.ofPattern(a[1]).format(LocalDate.ofEpochDay(Long.parseLong(a[0])));
      case "format_time":
        return DateTimeFormatter.ofPattern(a[1]).format(LocalTime.ofNanoOfDay(Long.parseLong(a[0]) * 1_000_000));
      case "parse_timestamp":
        return parseTimestamp(a[0], a[1], ZoneId.of(a[2]));
      case "parse_time":
        return LocalTime.parse(a[0], caseInsensitive(a[1], Locale.US)).toNanoOfDay() / 1_000_000;
      case "string_to_date":
        return LocalDate.parse(a[0], caseInsensitive(a[1], Locale.US)).toEpochDay();
      case "parse_date":
        return parseDate(a[0], a[1]);
      case "convert_tz": {
        final Instant instant = Instant.ofEpochMilli(Long.parseLong(a[0]));
        final long from = ZoneId.of(a[1]).getRules().getOffset(instant).getTotalSeconds();
        final long to = ZoneId.of(a[2]).getRules().getOffset(instant).getTotalSeconds();
        return instant.toEpochMilli() + (to - from) * 1000;
      }
      case "timestamp_to_text":
        return DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSS")
            .format(Instant.ofEpochMilli(Long.parseLong(a[0])).atZone(ZoneId.of("Z")));
      case "date_to_text":
        return DateTimeFormatter.ofPattern("yyyy-MM-dd").format(LocalDate.ofEpochDay(Long.parseLong(a[0])));
      case "time_to_text":
        return LocalTime.ofSecondOfDay(Long.parseLong(a[0]) / 1000).toString();
      case "text_to_time":
        return LocalTime.parse(a[0]).toNanoOfDay() / 1_000_000;
      case "timestamp_as_sql": {
        final SimpleDateFormat format = new SimpleDateFormat("yyyy-MM-dd'T'HH:mm:ss.SSS");
        return format.format(new Date(Long.parseLong(a[0])));
      }
      default:
        throw new IllegalArgumentException(name);
    }
  }

  private static DateTimeFormatter caseInsensitive(final String pattern, final Locale locale) {
    return new DateTimeFormatterBuilder().parseCaseInsensitive().appendPattern(pattern).toFormatter(locale);
  }

  /** As the root locale reads it; where it cannot (it knows no full names of months), as English does. */
  private static TemporalAccessor parseInAnyCase(final String text, final String pattern) {
    try {
      return caseInsensitive(pattern, Locale.ROOT).parse(text);
    } catch (final DateTimeParseException e) {
      return caseInsensitive(pattern, Locale.ENGLISH).parse(text);
    }
  }

  private static Object parseTimestamp(final String text, final String pattern, final ZoneId zone) {
    final TemporalAccessor parsed = parseInAnyCase(text, pattern);
    final ZoneId own = parsed.query(TemporalQueries.zone());
    if (parsed.isSupported(ChronoField.DAY_OF_YEAR) && parsed.getLong(ChronoField.DAY_OF_YEAR) == 366
        && !parsed.isSupported(ChronoField.YEAR)) {
      throw new IllegalArgumentException("Leap day cannot be parsed without supplying the year field");
    }
    ZonedDateTime resolved = ZonedDateTime.of(1970, 1, 1, 0, 0, 0, 0, own == null ? zone : own);
    final List<ChronoField> fields = new ArrayList<>(Arrays.asList(ChronoField.values()));
    fields.sort(Comparator.comparing((ChronoField field) -> field.getBaseUnit().getDuration()).reversed());
    for (final ChronoField field : fields) {
      if (parsed.isSupported(field)) {
        if (field == ChronoField.DAY_OF_YEAR && parsed.getLong(field) == 366) {
          resolved = resolved.with(ChronoField.YEAR, parsed.getLong(ChronoField.YEAR));
        }
        resolved = resolved.with(field, parsed.getLong(field));
      }
    }
    return resolved.toInstant().toEpochMilli();
  }

  private static Object parseDate(final String text, final String pattern) throws Exception {
    final SimpleDateFormat format = new SimpleDateFormat(pattern);
    format.setTimeZone(TimeZone.getTimeZone("GMT"));
    final long ms = format.parse(text).getTime();
    if (ms % 86_400_000 != 0) {
      throw new IllegalArgumentException("Date format contains time field.");
    }
    return Math.toIntExact(ms / 86_400_000);
  }

  // --- regular expressions

  private static Object regex(final String name, final String[] a) {
    switch (name) {
      case "extract": {
        final Matcher matcher = Pattern.compile(a[0]).matcher(a[1]);
        final int group = a.length > 2 ? Integer.parseInt(a[2]) : 0;
        return group > matcher.groupCount() || !matcher.find() ? null : matcher.group(group);
      }
      case "extract_all": {
        final Matcher matcher = Pattern.compile(a[0]).matcher(a[1]);
        final int group = a.length > 2 ? Integer.parseInt(a[2]) : 0;
        if (group > matcher.groupCount()) {
          return null;
        }
        final List<String> found = new ArrayList<>();
        while (matcher.find()) {
          found.add(matcher.group(group));
        }
        return found;
      }
      case "replace":
        return a[0].replaceAll(a[1], a[2]);
      case "split": {
        final Pattern pattern = Pattern.compile(a[1]);
        return Arrays.asList(pattern.split(a[0], a[1].isEmpty() || pattern.matcher("").matches() ? 0 : -1));
      }
      case "like":
        return a[0] != null && a[1] != null && like(a[1], a.length > 2 ? a[2].charAt(0) : 0).matcher(a[0]).matches();
      default:
        throw new IllegalArgumentException(name);
    }
  }

  private static Pattern like(final String pattern, final char escape) {
    final StringBuilder regex = new StringBuilder();
    for (int i = 0; i < pattern.length(); i++) {
      final char c = pattern.charAt(i);
      if (c == escape && escape != 0) {
        i++;
        regex.append(Pattern.quote(String.valueOf(pattern.charAt(i))));
      } else {
        regex.append(c == '%' ? ".*" : c == '_' ? "." : Character.isSurrogate(c) ? c : Pattern.quote(String.valueOf(c)));
      }
    }
    return Pattern.compile(regex.toString());
  }

  // --- numbers

  private static Object number(final String name, final String[] a) {
    switch (name) {
      case "double_to_text":
        return Double.toString(asDouble(a[0]));
      case "text_to_double": {
        final double value = Double.parseDouble(a[0].trim());
        if (Double.isNaN(value) || a[0].contains("Infinity")) {
          throw new NumberFormatException(a[0]);
        }
        return value;
      }
      case "text_to_integer":
        return Integer.parseInt(a[0].trim());
      case "text_to_bigint":
        return Long.parseLong(a[0].trim());
      case "text_to_decimal":
        return fit(new BigDecimal(a[0].trim()), a[1], a[2]);
      case "double_to_decimal":
        return fit(BigDecimal.valueOf(asDouble(a[0])), a[1], a[2]);
      case "decimal_to_decimal":
        return fit(new BigDecimal(a[0]), a[1], a[2]);
      case "decimal_to_double":
        return new BigDecimal(a[0]).doubleValue();
      case "decimal_to_integer":
        return new BigDecimal(a[0]).intValue();
      case "decimal_to_bigint":
        return new BigDecimal(a[0]).longValue();
      case "double_to_integer":
        return (int) asDouble(a[0]);
      case "double_to_bigint":
        return (long) asDouble(a[0]);
      case "arithmetic":
        return arithmetic(a[0], new BigDecimal(a[1]), new BigDecimal(a[2]), Integer.parseInt(a[3]), Integer.parseInt(a[4]));
      case "int_arithmetic":
        return arithmetic(a[0], Integer.parseInt(a[1]), Integer.parseInt(a[2]));
      case "bigint_arithmetic":
        return arithmetic(a[0], Long.parseLong(a[1]), Long.parseLong(a[2]));
      case "double_arithmetic":
        return arithmetic(a[0], asDouble(a[1]), asDouble(a[2]));
      case "round_double":
        return Math.round(asDouble(a[0]));
      case "round_double_places": {
        final double value = asDouble(a[0]);
        final RoundingMode mode = value > 0 ? RoundingMode.HALF_UP : RoundingMode.HALF_DOWN;
        return BigDecimal.valueOf(value).setScale(Integer.parseInt(a[1]), mode).doubleValue();
      }
      case "trunc_double":
        return (long) asDouble(a[0]);
      case "trunc_double_places":
        return BigDecimal.valueOf(asDouble(a[0])).setScale(Integer.parseInt(a[1]), RoundingMode.DOWN).doubleValue();
      case "ceil_double":
        return Math.ceil(asDouble(a[0]));
      case "floor_double":
        return Math.floor(asDouble(a[0]));
      case "ceil_decimal":
        return keepScale(new BigDecimal(a[0]), 0, RoundingMode.CEILING);
      case "floor_decimal":
        return keepScale(new BigDecimal(a[0]), 0, RoundingMode.FLOOR);
      case "round_decimal":
        return new BigDecimal(a[0]).setScale(0, half(new BigDecimal(a[0])));
      case "trunc_decimal":
        return new BigDecimal(a[0]).setScale(0, RoundingMode.DOWN);
      case "round_decimal_places":
        return keepScale(new BigDecimal(a[0]), Integer.parseInt(a[1]), half(new BigDecimal(a[0])));
      case "trunc_decimal_places":
        return keepScale(new BigDecimal(a[0]), Integer.parseInt(a[1]), RoundingMode.DOWN);
      default:
        throw new IllegalArgumentException(name);
    }
  }

  private static double asDouble(final String bits) {
    return bits.equals("NaN") ? Double.NaN : Double.longBitsToDouble(Long.parseUnsignedLong(bits, 16));
  }

  private static RoundingMode half(final BigDecimal value) {
    return value.signum() > 0 ? RoundingMode.HALF_UP : RoundingMode.HALF_DOWN;
  }

  private static BigDecimal keepScale(final BigDecimal value, final int places, final RoundingMode mode) {
    return value.setScale(places, mode).setScale(value.scale(), RoundingMode.UNNECESSARY);
  }

  private static BigDecimal fit(final BigDecimal value, final String precision, final String scale) {
    final BigDecimal scaled = value.setScale(Integer.parseInt(scale), RoundingMode.HALF_UP);
    if (scaled.signum() != 0 && scaled.precision() > Integer.parseInt(precision)) {
      throw new ArithmeticException("Numeric field overflow");
    }
    return scaled;
  }

  private static BigDecimal arithmetic(
      final String operator, final BigDecimal x, final BigDecimal y, final int precision, final int scale) {
    final MathContext exact = new MathContext(precision, RoundingMode.UNNECESSARY);
    final BigDecimal result;
    switch (operator) {
      case "+":
        result = x.add(y, exact);
        break;
      case "-":
        result = x.subtract(y, exact);
        break;
      case "*":
        result = x.multiply(y, exact);
        break;
      case "/":
        result = x.divide(y, exact);
        break;
      default:
        result = x.remainder(y, exact);
        break;
    }
    return result.setScale(scale, RoundingMode.UNNECESSARY);
  }

  private static Object arithmetic(final String operator, final int x, final int y) {
    switch (operator) {
      case "+":
        return x + y;
      case "-":
        return x - y;
      case "*":
        return x * y;
      case "/":
        return x / y;
      default:
        return x % y;
    }
  }

  private static Object arithmetic(final String operator, final long x, final long y) {
    switch (operator) {
      case "+":
        return x + y;
      case "-":
        return x - y;
      case "*":
        return x * y;
      case "/":
        return x / y;
      default:
        return x % y;
    }
  }

  private static Object arithmetic(final String operator, final double x, final double y) {
    switch (operator) {
      case "+":
        return x + y;
      case "-":
        return x - y;
      case "*":
        return x * y;
      case "/":
        return x / y;
      default:
        return x % y;
    }
  }

  private static Object math(final String name, final String[] a) {
    final double x = asDouble(a[0]);
    switch (name) {
      case "sqrt":
        return Math.sqrt(x);
      case "cbrt":
        return Math.cbrt(x);
      case "exp":
        return Math.exp(x);
      case "ln":
        return Math.log(x);
      case "sin":
        return Math.sin(x);
      case "cos":
        return Math.cos(x);
      case "tan":
        return Math.tan(x);
      case "cot":
        return 1.0 / Math.tan(x);
      case "sinh":
        return Math.sinh(x);
      case "cosh":
        return Math.cosh(x);
      case "tanh":
        return Math.tanh(x);
      case "asin":
        return Math.asin(x);
      case "acos":
        return Math.acos(x);
      case "atan":
        return Math.atan(x);
      case "degrees":
        return Math.toDegrees(x);
      case "radians":
        return Math.toRadians(x);
      case "abs":
        return Math.abs(x);
      case "atan2":
        return Math.atan2(x, asDouble(a[1]));
      case "power":
        return Math.pow(x, asDouble(a[1]));
      case "log":
        return x <= 0 || x == 1 ? Double.NaN : Math.log(asDouble(a[1])) / Math.log(x);
      default:
        throw new IllegalArgumentException(name);
    }
  }

  // --- text and bytes

  private static Object text(final String name, final String[] a) throws Exception {
    switch (name) {
      case "lcase":
        return a[0].toLowerCase();
      case "ucase":
        return a[0].toUpperCase();
      case "len":
        return a[0].length();
      case "trim":
        return a[0].trim();
      case "substring":
        return substring(a[0], Integer.parseInt(a[1]), a.length > 2 ? Integer.parseInt(a[2]) : Integer.MAX_VALUE);
      case "replace":
        return a[0].replace(a[1], a[2]);
      case "instr":
        return instr(a[0], a[1], Integer.parseInt(a[2]), Integer.parseInt(a[3]));
      case "lpad":
        return pad(a[0], Integer.parseInt(a[1]), a[2], true);
      case "rpad":
        return pad(a[0], Integer.parseInt(a[1]), a[2], false);
      case "initcap":
        return initcap(a[0]);
      case "mask":
        return mask(a[0]);
      case "chr":
        return Character.isValidCodePoint(Integer.parseInt(a[0])) ? Character.toString(Integer.parseInt(a[0])) : null;
      case "split":
        return split(a[0], a[1]);
      case "md5":
        return HexFormat.of().formatHex(MessageDigest.getInstance("MD5").digest(a[0].getBytes(StandardCharsets.UTF_8)));
      case "to_bytes":
        return HexFormat.of().formatHex(toBytes(a[0], a[1]));
      case "from_bytes":
        return fromBytes(HexFormat.of().parseHex(a[0]), a[1]);
      case "compare":
        return a[0].compareTo(a[1]) < 0;
      default:
        throw new IllegalArgumentException(name);
    }
  }

  private static String substring(final String text, final int position, final int length) {
    final int start = position < 0 ? Math.max(0, text.length() + position) : Math.max(0, position - 1);
    if (start >= text.length()) {
      return "";
    }
    return text.substring(start, (int) Math.min(text.length(), (long) start + Math.max(0, length)));
  }

  private static int instr(final String text, final String wanted, final int position, final int occurrence) {
    if (Math.abs((long) position) > text.length() || occurrence <= 0) {
      return 0;
    }
    int found = position > 0 ? position - 2 : text.length() + position + 1;
    if (position == 0) {
      found = text.length();
    }
    for (int i = 0; i < occurrence; i++) {
      found = position > 0 ? text.indexOf(wanted, found + 1) : found == 0 ? -1 : text.lastIndexOf(wanted, found - 1);
      if (found < 0) {
        return 0;
      }
    }
    return found + 1;
  }

  private static String pad(final String text, final int length, final String padding, final boolean left) {
    if (padding.isEmpty() || length < 0) {
      return null;
    }
    if (text.length() >= length) {
      return text.substring(0, length);
    }
    final StringBuilder fill = new StringBuilder();
    for (int i = 0; i < length - text.length(); i++) {
      fill.append(padding.charAt(i % padding.length()));
    }
    return left ? fill + text : text + fill;
  }

  private static String initcap(final String text) {
    final StringBuilder out = new StringBuilder();
    final String lower = text.toLowerCase();
    boolean start = true;
    boolean any = false;
    for (int i = 0; i < lower.length(); i++) {
      final String unit = lower.substring(i, i + 1);
      final boolean blank = Character.isWhitespace(unit.charAt(0));
      any |= !blank;
      if (any) {
        out.append(start && !blank ? unit.toUpperCase() : unit);
      }
      start = blank;
    }
    return out.toString();
  }

  private static String mask(final String text) {
    final StringBuilder out = new StringBuilder();
    for (final char c : text.toCharArray()) {
      switch (Character.getType(c)) {
        case Character.UPPERCASE_LETTER:
          out.append('X');
          break;
        case Character.LOWERCASE_LETTER:
          out.append('x');
          break;
        case Character.DECIMAL_DIGIT_NUMBER:
          out.append('n');
          break;
        default:
          out.append('-');
      }
    }
    return out.toString();
  }

  private static List<String> split(final String text, final String delimiter) {
    if (delimiter.isEmpty()) {
      return Arrays.asList(text.split(""));
    }
    return Arrays.asList(text.split(Pattern.quote(delimiter), -1));
  }

  private static byte[] toBytes(final String text, final String encoding) {
    switch (encoding) {
      case "hex":
        return HexFormat.of().parseHex(text);
      case "base64":
        return Base64.getDecoder().decode(text);
      case "ascii":
        return text.getBytes(StandardCharsets.US_ASCII);
      default:
        return text.getBytes(StandardCharsets.UTF_8);
    }
  }

  private static String fromBytes(final byte[] bytes, final String encoding) {
    switch (encoding) {
      case "hex":
        return HexFormat.of().withUpperCase().formatHex(bytes);
      case "base64":
        return Base64.getEncoder().encodeToString(bytes);
      case "ascii":
        return new String(bytes, StandardCharsets.US_ASCII);
      default:
        return new String(bytes, StandardCharsets.UTF_8);
    }
  }

  // --- URLs

  private static Object url(final String name, final String[] a) throws Exception {
    switch (name) {
      case "encode":
        return URLEncoder.encode(a[0], "UTF-8");
      case "decode":
        return URLDecoder.decode(a[0], "UTF-8");
      default:
    }
    final URI uri = new URI(a[0]);
    switch (name) {
      case "protocol":
        return uri.getScheme();
      case "host":
        return uri.getHost();
      case "port":
        return uri.getPort() == -1 ? null : uri.getPort();
      case "path":
        return uri.getPath();
      case "query":
        return uri.getQuery();
      case "fragment":
        return uri.getFragment();
      default:
        throw new IllegalArgumentException(name);
    }
  }

  // --- JSON

  private static final ObjectMapper MAPPER = new ObjectMapper()
      .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
      .setNodeFactory(JsonNodeFactory.withExactBigDecimals(true));

  private static Object json(final String name, final String[] a) throws Exception {
    if (name.equals("is_json")) {
      try {
        return !MAPPER.readTree(a[0]).isMissingNode();
      } catch (final Exception e) {
        return false;
      }
    }
    if (name.equals("contains_int")) {
      return containsInt(a[0], Integer.parseInt(a[1]));
    }
    final JsonNode node = MAPPER.readTree(a[0]);
    switch (name) {
      case "extract": {
        final JsonNode found = node.at(a[1]);
        return found.isMissingNode() ? null : found.isTextual() ? found.asText() : found.toString();
      }
      case "length":
        return node.isArray() ? node.size() : null;
      case "items": {
        if (!node.isArray()) {
          throw new IllegalArgumentException("not an array");
        }
        final List<String> items = new ArrayList<>();
        node.forEach(item -> items.add(item.toString()));
        return items;
      }
      case "keys": {
        if (!node.isObject()) {
          return null;
        }
        final List<String> keys = new ArrayList<>();
        node.fieldNames().forEachRemaining(keys::add);
        return keys;
      }
      case "concat":
        return node.isMissingNode() ? null : concat(node, MAPPER.readTree(a[1]));
      default:
        throw new IllegalArgumentException(name);
    }
  }

  private static String concat(final JsonNode x, final JsonNode y) {
    if (y.isMissingNode()) {
      return null;
    }
    if (x.isObject() && y.isObject()) {
      final ObjectNode all = (ObjectNode) x;
      for (final Map.Entry<String, JsonNode> entry : (Iterable<Map.Entry<String, JsonNode>>) y::fields) {
        all.set(entry.getKey(), entry.getValue());
      }
      return all.toString();
    }
    final ArrayNode all = MAPPER.createArrayNode();
    for (final JsonNode node : List.of(x, y)) {
      if (node.isArray()) {
        all.addAll((ArrayNode) node);
      } else {
        all.add(node);
      }
    }
    return all.toString();
  }

  private static boolean containsInt(final String text, final int wanted) {
    try (JsonParser parser = new JsonFactory().createParser(text)) {
      if (parser.nextToken() != JsonToken.START_ARRAY) {
        return false;
      }
      for (JsonToken token = parser.nextToken(); token != JsonToken.END_ARRAY; token = parser.nextToken()) {
        if (token == null) {
          return false;
        }
        if (token == JsonToken.VALUE_NUMBER_INT && parser.getBigIntegerValue().equals(java.math.BigInteger.valueOf(wanted))) {
          return true;
        }
        parser.skipChildren();
      }
      return false;
    } catch (final Exception e) {
      return false;
    }
  }
}
