/* Exchanges names of a tree with slots, one object at a time. Nothing is ever removed: what a name
 * had is in the slot afterwards. So each step can be undone, and after a crash a look at the slot
 * tells whether the step was taken. What is in the slot afterwards must be what was judged; else
 * the step is taken back. */
#include "layers.h"

#define RENAME_NOREPLACE 1
#define RENAME_EXCHANGE 2

/* One step: what comes to the name out of the slot, and what goes from it into the slot. */
struct step {
	const char *slot, *path;
	struct object in, out;
	/* A directory stays, and its permission bits change: they are in place of sizes. */
	int is_mode;
};

static int is_none(const struct object *o)
{
	return o->kind == '-';
}

static long rename_at(int from, const char *a, int to, const char *b, unsigned how)
{
	return SYS5(renameat2, from, a, to, b, how);
}

/* Whether a name has the object, which somebody may have put there. */
static int has(int dir, const char *name, const struct object *o)
{
	struct statx st;

	return name_stat(dir, name, &st) == 0 && object_is(o, &st);
}

/* Of a directory that goes nothing may be left but itself. */
static int is_alone(int dir, const char *name, const struct object *o)
{
	return o->kind != 'd' || dir_is_empty(dir, name) == 1;
}

/* Whether a name has what is to go, as it was judged. */
static int has_untouched(int dir, const char *name, const struct object *o)
{
	struct statx st;

	return name_stat(dir, name, &st) == 0 && object_is_untouched(o, &st) &&
	       is_alone(dir, name, o);
}

/* What is in a slot. Only steps put something there, so that it tells whether a step was taken. */
enum content { NOTHING, INCOMING, OUTGOING, STRANGE };

static enum content content_of(const struct layers *l, const struct step *s)
{
	struct statx st;

	if (name_stat(l->slots, s->slot, &st) < 0)
		return NOTHING;
	/* Whoever has it open may have written to it: it is the same all the same. */
	if (!is_none(&s->in) && object_kind(&st) == s->in.kind && st.stx_ino == s->in.ino)
		return INCOMING;
	if (is_none(&s->out) || !object_is(&s->out, &st))
		return STRANGE;
	return is_alone(l->slots, s->slot, &s->out) ? OUTGOING : STRANGE;
}

/* The rename that takes the step, or that takes it back. */
static long move(const struct layers *l, const struct step *s, int dir, const char *name, int back)
{
	if (!is_none(&s->in) && !is_none(&s->out))
		return rename_at(l->slots, s->slot, dir, name, RENAME_EXCHANGE);
	if (is_none(&s->in) == back)
		return rename_at(l->slots, s->slot, dir, name, RENAME_NOREPLACE);
	return rename_at(dir, name, l->slots, s->slot, RENAME_NOREPLACE);
}

/* Somebody has changed what went into the slot before that: it goes back to where it was. */
static int give_back(const struct layers *l, const struct step *s, int dir, const char *name)
{
	int is_exchange = !is_none(&s->in) && !is_none(&s->out);

	if (is_exchange && !has(dir, name, &s->in))
		return -ENOTRECOVERABLE;
	return move(l, s, dir, name, 1) < 0 ? -ENOTRECOVERABLE : -EBUSY;
}

/* Somebody has made room for what was there before, or has removed what came: then nothing is in
 * the way of taking the step back. 1 if so. */
static int is_free(const struct layers *l, int dir, const char *name)
{
	struct statx st;

	return l->back && name_stat(dir, name, &st) == -ENOENT;
}

/* 0; -EBUSY where the name has not what was judged; -ENOTRECOVERABLE where what it had is in the
 * slot now, and its name is taken; another -errno. */
static int take(const struct layers *l, const struct step *s, int dir, const char *name)
{
	int leaves = !is_none(&s->out);
	enum content slot = content_of(l, s);

	/* What was there before came back to a free name: its slot is empty since. */
	if (l->back && slot == NOTHING && leaves && !is_none(&s->in) && has(dir, name, &s->in))
		return 0;
	if (leaves && slot == (is_none(&s->in) ? NOTHING : INCOMING) && is_free(l, dir, name))
		return is_none(&s->in)
			   ? 0
			   : (int)rename_at(l->slots, s->slot, dir, name, RENAME_NOREPLACE);
	if (slot == STRANGE)
		return leaves ? give_back(l, s, dir, name) : -ESTALE;
	if (slot != (is_none(&s->in) ? NOTHING : INCOMING))
		return -ESTALE;
	if (leaves && !has_untouched(dir, name, &s->out))
		return -EBUSY;
	long err = move(l, s, dir, name, 0);

	if (err < 0)
		return err == -EEXIST || err == -ENOENT ? -EBUSY : (int)err;
	return !leaves || content_of(l, s) == OUTGOING ? 0 : give_back(l, s, dir, name);
}

/* Permission bits of a directory: `out` has those that it has, `in` those that it gets. */
static int set_mode(const struct step *s, int dir, const char *name)
{
	struct statx st;
	int fd = path_open(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, LAYER_RESOLVE);
	long err = fd < 0 ? fd : fd_stat(fd, &st);

	if (err == 0 && (st.stx_ino != s->out.ino || st.stx_ino != s->in.ino))
		err = -EBUSY;
	if (err == 0 && (st.stx_mode & 07777) != s->in.size)
		err = (st.stx_mode & 07777) == s->out.size ? SYS2(fchmod, fd, s->in.size & 0777)
							   : -EBUSY;
	(void)sys_close(fd);
	return err == -ENOENT || err == -ENOTDIR || err == -ELOOP ? -EBUSY : (int)err;
}

/* Whether the slot has what it has after the step: its directory may be gone by then. */
static int is_taken(const struct layers *l, const struct step *s)
{
	return content_of(l, s) == (is_none(&s->out) ? NOTHING : OUTGOING);
}

/* What the name has got, for a caller that wants to know it again: only if it is that. 0 or -errno.
 */
static int tell_in(const struct step *s, int dir, const char *name)
{
	struct statx st;

	if (s->is_mode || is_none(&s->in) || name_stat(dir, name, &st) < 0 ||
	    !object_is(&s->in, &st))
		return 0;
	int err = out_text(" ");

	return err < 0 ? err : out_object(&st);
}

/* A line for a step: its slot, 0 or the errno, and what the name has got. 0 or -errno. */
static int tell(const struct step *s, int failed, int dir, const char *name)
{
	int err = out_text(s->slot);

	if (err == 0)
		err = out_text(" ");
	if (err == 0)
		err = out_number((uint64_t)-failed);
	if (err == 0 && failed == 0 && dir >= 0)
		err = tell_in(s, dir, name);
	return err < 0 ? err : out_text("\n");
}

/* Takes a step, and tells of it. *ret_err is what the telling came to. */
static int run(const struct layers *l, const struct step *s, int *ret_err)
{
	const char *name = NULL;
	int was_taken = !s->is_mode && is_taken(l, s);
	int dir = path_above(l->lower, s->path, &name);
	int err = was_taken ? 0 : dir;

	/* What came went with its directory. */
	if (err == -ENOENT && l->back && is_none(&s->in) && content_of(l, s) == NOTHING) {
		was_taken = 1;
		err = 0;
	}
	/* What was on the way is gone, or a link or a mount is in its place. */
	if (err == -ENOENT || err == -ENOTDIR || err == -ELOOP || err == -EXDEV)
		err = -EBUSY;
	if (err >= 0 && !was_taken)
		err = s->is_mode ? set_mode(s, dir, name) : take(l, s, dir, name);
	*ret_err = tell(s, err, dir, name);
	(void)sys_close(dir);
	return err;
}

static int read_step(struct layers *l, struct step *ret)
{
	const char *out, *in;

	*ret = (struct step){.slot = layers_field(l), .path = layers_field(l)};
	out = layers_field(l);
	in = layers_field(l);
	if (!in || object_read(out, &ret->out) < 0 || object_read(in, &ret->in) < 0)
		return -EINVAL;
	ret->is_mode = ret->in.kind == 'm' && ret->out.kind == 'm';
	if ((ret->in.kind == 'm') != (ret->out.kind == 'm') ||
	    (is_none(&ret->in) && is_none(&ret->out)))
		return -EINVAL;
	if (l->back) {
		struct object swapped = ret->in;

		ret->in = ret->out;
		ret->out = swapped;
	}
	return 0;
}

/* Names move only within one mount. */
static int is_one_mount(const struct layers *l)
{
	struct statx a, b;

	return sys_statx(l->lower, "", AT_EMPTY_PATH, STATX_MNT_ID, &a) == 0 &&
	       sys_statx(l->slots, "", AT_EMPTY_PATH, STATX_MNT_ID, &b) == 0 &&
	       a.stx_mnt_id == b.stx_mnt_id && a.stx_dev_major == b.stx_dev_major &&
	       a.stx_dev_minor == b.stx_dev_minor;
}

/* A line for each step: its slot, and 0 or the errno. To apply ends with the first that fails. */
int layers_swap(struct layers *l)
{
	struct step s;
	int err = 0;

	if (!is_one_mount(l))
		return (err = out_text("mount\n")) < 0 ? err : -EXDEV;
	while (err == 0 && l->input_size > 0) {
		int failed = read_step(l, &s);

		if (failed < 0)
			return failed;
		failed = run(l, &s, &err);
		/* What is undone is undone as far as it can be. */
		if (failed < 0 && !l->back)
			return failed;
		tell_progress(l, l->back ? "taking back" : "applying");
	}
	if (err < 0)
		return err;
	int fd = path_open(l->lower, ".", O_RDONLY | O_DIRECTORY, LAYER_RESOLVE);
	long synced = fd < 0 ? fd : SYS1(syncfs, fd);

	(void)sys_close(fd);
	return (int)synced;
}
