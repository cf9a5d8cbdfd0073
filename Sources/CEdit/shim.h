#pragma once
#include <histedit.h>
#include <stddef.h>

// Functions with variable arguments, which Swift can't call, and calls through function pointers that it can't name.

typedef char *_Nonnull (*_Nonnull tel_prompt_function)(EditLine *_Nonnull);
typedef unsigned char (*_Nonnull tel_key_function)(EditLine *_Nonnull, int);
typedef int (*_Nonnull tel_read_function)(EditLine *_Nonnull, wchar_t *_Nonnull);

static inline EditLine *_Nullable tel_edit_create(const char *_Nonnull program) {
  return el_init(program, stdin, stdout, stderr);
}
static inline void tel_edit_set_prompt(EditLine *_Nonnull edit, tel_prompt_function prompt) {
  el_set(edit, EL_PROMPT, prompt);
}
static inline void tel_edit_set_reader(EditLine *_Nonnull edit, tel_read_function read) {
  el_set(edit, EL_GETCFN, read);
}
static inline void tel_edit_set_owner(EditLine *_Nonnull edit, void *_Nonnull owner) {
  el_set(edit, EL_CLIENTDATA, owner);
}
static inline void *_Nonnull tel_edit_owner(EditLine *_Nonnull edit) {
  void *owner = NULL;
  el_get(edit, EL_CLIENTDATA, &owner);
  return owner;
}
static inline void tel_edit_use_emacs_keys(EditLine *_Nonnull edit) { el_set(edit, EL_EDITOR, "emacs"); }
static inline void tel_edit_add(EditLine *_Nonnull edit, const char *_Nonnull name, tel_key_function function) {
  el_set(edit, EL_ADDFN, name, name, function);
}
static inline void tel_edit_bind(EditLine *_Nonnull edit, const char *_Nonnull key, const char *_Nonnull command) {
  el_set(edit, EL_BIND, key, command, NULL);
}
static inline void tel_edit_set_history(EditLine *_Nonnull edit, History *_Nonnull lines) {
  el_set(edit, EL_HIST, history, lines);
}
static inline void tel_history_limit(History *_Nonnull lines, int count) {
  HistEvent event;
  history(lines, &event, H_SETSIZE, count);
  history(lines, &event, H_SETUNIQUE, 1);
}
static inline void tel_history_enter(History *_Nonnull lines, const char *_Nonnull line) {
  HistEvent event;
  history(lines, &event, H_ENTER, line);
}
