/*
 * A model of create, start and delete of containers of one name, by fronts, launchers and inits any of which may be
 * killed between any two of its steps. `spin` looks at every order of steps (lifecycle.test.ts).
 *
 * A directory is told from a later one of the same name by its generation, which is the number of the create that made
 * it. OP(name, …) and MEET(name, …) stand for an op of that name, with `_` for `-`; their order is that of the plans in test/golden.
 *
 * -DSTALE_LOCK   locks are believed without asking whether the file is still that of the directory
 * -DEAGER        the plan is sent before the launcher has said that it has the lock
 * -DUNRECORDED   init is let go before its process is recorded
 * -DDEAF_INIT    init does not mind that its launcher is gone
 */

#define CREATES 2
#define N (CREATES + 1)

#ifndef CRASHES
#define CRASHES 2
#endif

/*
 * Actors: who may hold a lock. Fronts of create are 1 … CREATES, each shares its lock with its launcher, which takes it and
 * then waits for its plan. The launcher of start or delete is one with its front here: what either could not end is left.
 */
#define STARTER (CREATES + 1)
#define DELETER (CREATES + 2)
#define JUDGE (CREATES + 3)

/* What init says or is. */
mtype = { none, waiting, at_gate, running, ended };
/* What a launch has come to. */
mtype = { going, created, failed };

byte dir = 0;         /* the generation of the directory of that name; 0: there is none */
byte cgroup = 0;      /* likewise */
byte holder[N];       /* of the lock in the directory of that generation */
byte sharers[N];      /* how many processes have the locked file open */
bool record[N];       /* state.json */
bool process[N];      /* `process`: who the container's first process is */
bool gate[N];         /* the socket `gate` */
bool front[N];        /* the front of create lives, or at least has not let go of its launcher */
bool launcher[N];     /* the launcher lives */
bool locked[N];       /* it has said that it has the lock */
bool plan[N];         /* it was sent its plan */
bool killed[N];       /* init was sent SIGKILL */
bool released[N];     /* init was let go on */
bool met[N];          /* the last meeting: launcher and init are both done with their parts */
bool go[N];           /* init was told to execute the program */
mtype init_is[N] = none;
mtype report[N] = going;
byte crashes = 0;
byte busy = 0;        /* actors that have not ended */

/* Nothing ends it but a signal or its own program. */
#define stays(g) ((init_is[g] == at_gate || init_is[g] == running) && !killed[g])
#define alive(g) (init_is[g] == waiting || init_is[g] == at_gate || init_is[g] == running)

/* A step, or the end of who would have made it. */
#define STEP(step) if :: atomic { step } :: atomic { crashes < CRASHES -> crashes++; goto dead } fi
/* One that an op of a plan makes. */
#define OP(name, step) STEP(step)
/* One of init, whose end is `killed`. */
#define MEET(name, step) atomic { step }

inline drop(g) {
	sharers[g]--;
	if
	:: sharers[g] == 0 -> holder[g] = 0
	:: else
	fi
}

/*
 * Opens the lock in the directory that has the name now, waits for it, and looks whether the name still means that
 * directory. held: the generation whose lock it has, 0 when there is no directory.
 */
inline lock(me, held) {
	held = dir;
	do
	:: held == 0 -> break
	:: held != 0 ->
		STEP((holder[held] == 0) -> holder[held] = me; sharers[held] = 1);
#ifdef STALE_LOCK
		break
#else
		if
		:: atomic { held == dir -> break }
		:: atomic { held != dir -> drop(held); held = dir }
		fi
#endif
	od
}

/* What `delete --force` does with the directory that it has locked. Every step may find its work done. */
inline destroy(g) {
	if
	:: process[g] && alive(g) ->
		OP(open_process, skip);
		OP(signal, killed[g] = true)
	:: else
	fi;
	/* First all others: the first process may hang in a file system that one of them serves. */
	if
	:: record[g] && cgroup == g -> OP(kill_cgroup, killed[g] = true)
	:: else
	fi;
	if
	:: process[g] -> OP(await_end, !alive(g))
	:: else
	fi;
	if
	:: record[g] && cgroup == g ->
		OP(remove_cgroup, (!alive(g)) -> if :: cgroup == g -> cgroup = 0 :: else fi)
	:: else
	fi;
	STEP(assert(dir == g); dir = 0; record[g] = false; process[g] = false; gate[g] = false)
}

proctype Create(byte me) {
	byte held = 0;

	STEP(if :: dir == 0 -> dir = me :: else -> goto dead fi);
	STEP(held = dir; if :: held == 0 -> goto dead :: else fi);
	STEP(launcher[me] = true; busy++; run Launcher(me, held));
#ifndef EAGER
	STEP(if :: locked[me] :: !locked[me] && !launcher[me] -> goto dead fi);
#ifndef STALE_LOCK
	/* Who tries again finds no directory, or another's. */
	STEP(if :: held == dir && held == me :: else -> goto dead fi);
#endif
#endif
	STEP(if :: dir == me -> record[me] = true :: else -> goto dead fi);
	STEP(plan[me] = true);
	STEP(report[me] != going);
	if
	:: report[me] == created -> goto dead
	:: else
	fi;
	destroy(me);
dead:
	atomic {
		front[me] = false;
		if :: held != 0 && holder[held] == me -> drop(held) :: else fi;
		busy--
	}
}

proctype Launcher(byte me; byte held) {
	bool has_lock = false;
	bool made_cgroup = false;

	STEP((holder[held] == 0) -> holder[held] = me; sharers[held] = (front[me] -> 2 : 1); has_lock = true);
	STEP(locked[me] = true);
	STEP(if :: plan[me] :: !plan[me] && !front[me] -> goto dead fi);
	OP(make_cgroup, if :: cgroup == 0 -> cgroup = me; made_cgroup = true :: else -> goto undo fi);
	OP(make_gate, if :: dir == me -> gate[me] = true :: else -> goto undo fi);
	OP(clone, init_is[me] = waiting; busy++; run Init(me));
#ifdef UNRECORDED
	STEP(released[me] = true);
#endif
	OP(record_process, if :: dir == me -> process[me] = true :: else -> goto undo fi);
	OP(release, released[me] = true);
	OP(sync, if :: met[me] :: !alive(me) -> goto undo fi);
	STEP(has_lock = false; drop(held));
	OP(report, report[me] = created);
	goto dead;
undo:
	STEP(killed[me] = true);
	STEP(!alive(me));
	STEP(if :: made_cgroup -> cgroup = 0 :: else fi; if :: dir == me -> gate[me] = false; process[me] = false :: else fi);
dead:
	atomic {
		launcher[me] = false;
		if :: report[me] == going -> report[me] = failed :: else fi;
		if :: has_lock -> drop(held) :: else fi;
		busy--
	}
}

/* It ends when it is told to, or, before the gate, when nobody is left to tell it. */
#ifdef DEAF_INIT
#define ORPHANED(me) false
#else
#define ORPHANED(me) (!launcher[me])
#endif

proctype Init(byte me) {
	if
	:: released[me]
	:: killed[me] -> goto out
	:: ORPHANED(me) && !released[me] -> goto out
	fi;
	if
	:: killed[me] -> goto out
	:: ORPHANED(me) -> goto out
#ifdef DEAF_INIT
	:: atomic { true -> met[me] = true; init_is[me] = at_gate }
#else
	:: MEET(sync, launcher[me] && !killed[me] -> met[me] = true; init_is[me] = at_gate)
#endif
	fi;
	if
	:: MEET(gate, go[me])
	:: killed[me] -> goto out
	fi;
	if
	:: MEET(exec, !killed[me] -> init_is[me] = running)
	:: killed[me] -> goto out
	fi;
	/* The program ends when it likes to, or never. */
	killed[me];
out:
	atomic { init_is[me] = ended; busy-- }
}

proctype Start() {
	byte g = 0;

	lock(STARTER, g);
	if
	:: g == 0 -> goto out
	:: else
	fi;
	if
	:: dir == g && process[g] && alive(g) && gate[g] -> skip
	:: else -> goto dead
	fi;
	OP(open_process, if :: alive(g) :: else -> goto dead fi);
	OP(start_container, go[g] = true);
	STEP(if :: init_is[g] == running :: !alive(g) -> goto dead fi);
	STEP(assert(dir == g); gate[g] = false);
dead:
	if :: g != 0 && holder[g] == STARTER -> atomic { drop(g) } :: else fi;
out:
	busy--
}

proctype Delete() {
	byte g = 0;

	lock(DELETER, g);
	if
	:: g == 0 -> goto out
	:: else
	fi;
	destroy(g);
dead:
	if :: g != 0 && holder[g] == DELETER -> atomic { drop(g) } :: else fi;
out:
	busy--
}

/* When all have ended but the programs of containers: each of these is found by its name, and a last delete leaves
 * nothing. */
proctype Judge() {
	byte g;

	atomic {
		busy == (stays(1) -> 1 : 0) + (stays(2) -> 1 : 0);
		crashes = CRASHES;
		assert(!stays(1) || (dir == 1 && process[1] && record[1]));
		assert(!stays(2) || (dir == 2 && process[2] && record[2]));
		assert(holder[1] == 0 && holder[2] == 0)
	};
	lock(JUDGE, g);
	if
	:: g != 0 -> destroy(g); atomic { drop(g) }
	:: else
	fi;
dead:
	assert(dir == 0 && cgroup == 0 && !alive(1) && !alive(2))
}

init {
	atomic {
		busy = CREATES + 2;
		front[1] = true;
		front[2] = true;
		run Create(1);
		run Create(2);
		run Start();
		run Delete();
		run Judge()
	}
}
