#include "Pattern.h"
#include "Host.h"
#include <ctype.h>
#include <string.h>

enum { OPEN = -1, POSITION = -2, ESCAPE = '%', STEPS_BETWEEN_POLLS = 1 << 16 };

#define byte(c) ((unsigned char)(c))

void pattern_begin(
    pattern_match *m, lua_State *L, const char *source, size_t length, const char *pattern, size_t pattern_length) {
  m->L = L;
  m->source = source;
  m->source_end = source + length;
  m->pattern_end = pattern + pattern_length;
  m->steps = 0;
  pattern_restart(m);
}

void pattern_restart(pattern_match *m) {
  m->level = 0;
  m->depth = DEEPEST_MATCH;
}

static void step(pattern_match *m) {
  if (++m->steps % STEPS_BETWEEN_POLLS == 0 && host_of(m->L)->callbacks.interrupted()) {
    luaL_error(m->L, "interrupted");
  }
}

static int closed_capture(pattern_match *m, int digit) {
  int i = digit - '1';
  if (i < 0 || i >= m->level || m->capture[i].length == OPEN) {
    return luaL_error(m->L, "invalid capture index %%%d", i + 1);
  }
  return i;
}

static int capture_to_close(pattern_match *m) {
  for (int i = m->level - 1; i >= 0; i--) {
    if (m->capture[i].length == OPEN) return i;
  }
  return luaL_error(m->L, "invalid pattern capture");
}

/// The end of the single item (a character, a class or a set) at `p`.
static const char *item_end(pattern_match *m, const char *p) {
  switch (*p++) {
    case ESCAPE:
      if (p == m->pattern_end) luaL_error(m->L, "malformed pattern (ends with '%%')");
      return p + 1;
    case '[':
      if (*p == '^') p++;
      do {
        if (p == m->pattern_end) luaL_error(m->L, "malformed pattern (missing ']')");
        if (*(p++) == ESCAPE && p < m->pattern_end) p++;
      } while (*p != ']');
      return p + 1;
    default: return p;
  }
}

static bool in_class(int c, int class) {
  bool result;
  switch (tolower(class)) {
    case 'a': result = isalpha(c); break;
    case 'c': result = iscntrl(c); break;
    case 'd': result = isdigit(c); break;
    case 'g': result = isgraph(c); break;
    case 'l': result = islower(c); break;
    case 'p': result = ispunct(c); break;
    case 's': result = isspace(c); break;
    case 'u': result = isupper(c); break;
    case 'w': result = isalnum(c); break;
    case 'x': result = isxdigit(c); break;
    default: return class == c;
  }
  return isupper(class) ? !result : result;
}

/// Whether a character is in the set from `p` (its '[') to `end` (its ']').
static bool in_set(int c, const char *p, const char *end) {
  bool found = true;
  if (p[1] == '^') {
    found = false;
    p++;
  }
  while (++p < end) {
    if (*p == ESCAPE) {
      p++;
      if (in_class(c, byte(*p))) return found;
    } else if (p[1] == '-' && p + 2 < end) {
      p += 2;
      if (byte(p[-2]) <= c && c <= byte(*p)) return found;
    } else if (byte(*p) == c) {
      return found;
    }
  }
  return !found;
}

static bool matches_one(pattern_match *m, const char *s, const char *p, const char *end) {
  step(m);
  if (s >= m->source_end) return false;
  int c = byte(*s);
  switch (*p) {
    case '.': return true;
    case ESCAPE: return in_class(c, byte(p[1]));
    case '[': return in_set(c, p, end - 1);
    default: return byte(*p) == c;
  }
}

/// `%bxy`; `p` is at the x.
static const char *balanced(pattern_match *m, const char *s, const char *p) {
  if (p >= m->pattern_end - 1) luaL_error(m->L, "malformed pattern (missing arguments to '%%b')");
  if (s >= m->source_end || *s != *p) return NULL;
  int depth = 1;
  while (++s < m->source_end) {
    step(m);
    if (*s == p[1]) {
      if (--depth == 0) return s + 1;
    } else if (*s == *p) {
      depth++;
    }
  }
  return NULL;
}

static const char *longest_first(pattern_match *m, const char *s, const char *p, const char *end) {
  ptrdiff_t i = 0;
  while (matches_one(m, s + i, p, end)) i++;
  for (; i >= 0; i--) {
    const char *result = pattern_do(m, s + i, end + 1);
    if (result != NULL) return result;
  }
  return NULL;
}

static const char *shortest_first(pattern_match *m, const char *s, const char *p, const char *end) {
  for (;; s++) {
    const char *result = pattern_do(m, s, end + 1);
    if (result != NULL) return result;
    if (!matches_one(m, s, p, end)) return NULL;
  }
}

static const char *open_capture(pattern_match *m, const char *s, const char *p, int what) {
  if (m->level >= MOST_CAPTURES) luaL_error(m->L, "too many captures");
  m->capture[m->level].start = s;
  m->capture[m->level].length = what;
  m->level++;
  const char *result = pattern_do(m, s, p);
  if (result == NULL) m->level--;
  return result;
}

static const char *close_capture(pattern_match *m, const char *s, const char *p) {
  int i = capture_to_close(m);
  m->capture[i].length = s - m->capture[i].start;
  const char *result = pattern_do(m, s, p);
  if (result == NULL) m->capture[i].length = OPEN;
  return result;
}

static const char *repeated_capture(pattern_match *m, const char *s, int digit) {
  int i = closed_capture(m, digit);
  size_t length = (size_t)m->capture[i].length;
  if ((size_t)(m->source_end - s) >= length && memcmp(m->capture[i].start, s, length) == 0) return s + length;
  return NULL;
}

/// `%f[set]`: `p` is at the '['. Whether the set begins here.
static bool at_frontier(pattern_match *m, const char *s, const char *p, const char *end) {
  int before = s == m->source ? 0 : byte(s[-1]);
  int here = s < m->source_end ? byte(*s) : 0;
  return !in_set(before, p, end - 1) && in_set(here, p, end - 1);
}

static const char *match_rest(pattern_match *m, const char *s, const char *p) {
  while (p != m->pattern_end) {
    switch (*p) {
      case '(': return p[1] == ')' ? open_capture(m, s, p + 2, POSITION) : open_capture(m, s, p + 1, OPEN);
      case ')': return close_capture(m, s, p + 1);
      case '$':
        if (p + 1 == m->pattern_end) return s == m->source_end ? s : NULL;
        break;
      case ESCAPE:
        switch (p + 1 < m->pattern_end ? p[1] : 0) {
          case 'b':
            s = balanced(m, s, p + 2);
            if (s == NULL) return NULL;
            p += 4;
            continue;
          case 'f': {
            p += 2;
            if (p >= m->pattern_end || *p != '[') luaL_error(m->L, "missing '[' after '%%f' in pattern");
            const char *end = item_end(m, p);
            if (!at_frontier(m, s, p, end)) return NULL;
            p = end;
            continue;
          }
          case '0': case '1': case '2': case '3': case '4': case '5': case '6': case '7': case '8': case '9':
            s = repeated_capture(m, s, byte(p[1]));
            if (s == NULL) return NULL;
            p += 2;
            continue;
          default: break;
        }
        break;
      default: break;
    }
    const char *end = item_end(m, p);
    char suffix = end < m->pattern_end ? *end : 0;
    switch (suffix) {
      case '?':
        if (matches_one(m, s, p, end)) {
          const char *result = pattern_do(m, s + 1, end + 1);
          if (result != NULL) return result;
        }
        p = end + 1;
        continue;
      case '+': return matches_one(m, s, p, end) ? longest_first(m, s + 1, p, end) : NULL;
      case '*': return longest_first(m, s, p, end);
      case '-': return shortest_first(m, s, p, end);
      default:
        if (!matches_one(m, s, p, end)) return NULL;
        s++;
        p = end;
    }
  }
  return s;
}

const char *pattern_do(pattern_match *m, const char *s, const char *p) {
  step(m);
  if (m->depth-- == 0) luaL_error(m->L, "pattern too complex");
  const char *result = match_rest(m, s, p);
  m->depth++;
  return result;
}

void pattern_push_capture(pattern_match *m, int i, const char *s, const char *e) {
  if (i >= m->level) {
    if (i != 0) luaL_error(m->L, "invalid capture index %%%d", i + 1);
    lua_pushlstring(m->L, s, (size_t)(e - s));
    return;
  }
  ptrdiff_t length = m->capture[i].length;
  if (length == OPEN) luaL_error(m->L, "unfinished capture");
  if (length == POSITION) {
    lua_pushinteger(m->L, m->capture[i].start - m->source + 1);
  } else {
    lua_pushlstring(m->L, m->capture[i].start, (size_t)length);
  }
}

int pattern_push_captures(pattern_match *m, const char *s, const char *e) {
  int count = m->level == 0 && s != NULL ? 1 : m->level;
  luaL_checkstack(m->L, count, "too many captures");
  for (int i = 0; i < count; i++) pattern_push_capture(m, i, s, e);
  return count;
}
