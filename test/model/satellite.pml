/*
 * A model of a launcher and one satellite, which speaks to a stranger for it: the start, requests, and the end. Any of the
 * two may be killed between any two of its steps. The stranger may be silent, may answer, or may take the satellite over,
 * which then says anything. `spin` looks at every order of steps (satellite.test.ts). The code is in helper-c/peers/satellite.c
 * and helper-c/satellite/main.c.
 *
 * -DEARLY       the satellite takes the stranger's connection before it is confined
 * -DUNNUMBERED  the launcher believes an answer without looking which request it is for
 * -DPATIENT     the launcher waits without a deadline
 * -DDEAF        the satellite does not mind that its launcher is gone
 * -DHOARDING    the launcher keeps each descriptor that comes with an answer
 */

/* Two requests of the plan, and one that undoes the first. */
#define ASKED 2
#define UNDO 3
#define N (UNDO + 1)

#ifndef CRASHES
#define CRASHES 1
#endif

mtype = { fd, op, done, fault };
/* What a launch has come to. */
mtype = { going, made, failed };

/* A socket of whole messages; each side sees when the other has closed its end. */
chan to_satellite = [2] of { mtype, byte };
chan to_launcher = [2] of { mtype, byte };
/* The stranger's connection: one question, one answer. */
chan question = [1] of { byte };
chan answer = [1] of { byte };

bool carried[N];          /* the stranger has done what the request asks for */
bool launcher = true;     /* it lives, or at least its end of the socket is open */
bool satellite = false;   /* likewise */
bool killed = false;      /* the satellite was sent SIGKILL */
bool confined = false;
bool taken = false;       /* the stranger has taken it over */
bool init_ended = false;
byte kept = 0;            /* descriptors of answers that the launcher has open */
byte crashes = 0;
mtype report = going;

#define STEP(step) if :: atomic { step } :: atomic { crashes < CRASHES -> crashes++; goto dead } fi

/* A satellite ends with its launcher: by its signal, or by the end of its socket. */
#ifdef DEAF
#define orphaned false
#else
#define orphaned (!launcher && empty(to_satellite))
#endif

/* Where it waits: nothing but this ends a wait without a deadline. */
#define ENDS :: killed -> goto dead :: orphaned -> goto dead

/* The stranger hears nobody who has rights, and nobody with rights hears it. */
inline hear(number) {
	answer ? number;
	assert(confined);
	/* What it says may be more than the reader bears. */
	if
	:: taken = true
	:: skip
	fi
}

inline say(kind) {
	if
	:: atomic { nfull(to_launcher) -> to_launcher ! kind(n) }
	:: killed -> goto dead
	:: orphaned -> goto dead
	:: atomic { crashes < CRASHES -> crashes++; goto dead }
	fi
}

proctype Satellite() {
	byte n = 0;
	byte any;

#ifndef EARLY
	STEP(confined = true);
#endif
	if
	:: atomic { to_satellite ? fd, _ }
	ENDS
	fi;
#ifdef EARLY
	if
	:: atomic { nempty(answer) -> hear(any) }
	:: skip
	fi;
	STEP(confined = true);
#endif
	do
	:: taken ->
		/* Anything, as long as there is room; its filter lets it do no more. */
		if
		:: atomic { nfull(to_launcher) -> select(any : 0 .. UNDO); to_launcher ! done, any }
		:: atomic { nfull(to_launcher) -> select(any : 0 .. UNDO); to_launcher ! fault, any }
		:: atomic { nfull(to_launcher) -> select(any : 0 .. UNDO); to_launcher ! fd, any }
		/* It may also be silent until it is ended. */
		:: killed -> goto dead
		:: orphaned -> goto dead
		fi
	:: !taken ->
		if
		:: atomic { to_satellite ? op, n }
		ENDS
		fi;
		STEP(if :: nempty(question) -> question ? _ :: empty(question) fi; question ! n);
		do
		:: atomic { nempty(answer) -> hear(any) } ->
			if
			:: taken -> break
			:: !taken && any == n -> STEP(carried[n] = true); say(done); break
			/* Of a request that was given up. */
			:: !taken && any != n
			fi
		/* Its own deadline, a later message of the launcher, or what the stranger has refused. */
		:: say(fault); break
		od
	od;
dead:
	atomic { satellite = false }
}

/* Answers as long as it likes, and may speak once without being asked. */
active proctype Stranger() {
	byte n;
	bool spoke = false;

end:
	do
	:: atomic { nempty(question) && nfull(answer) -> question ? n; answer ! n }
	:: atomic { !spoke && nfull(answer) -> spoke = true; answer ! 0 }
	:: atomic { !satellite && !launcher -> break }
	od
}

active proctype Init() {
end:
	if
	:: init_ended = true
	:: !launcher
	fi
}

/* Asks for one thing: `said` is done or fault. */
inline ask(n, minds_init) {
	said = fault;
	if
	:: atomic { nfull(to_satellite) -> to_satellite ! op, n }
	/* SO_SNDTIMEO, or EPIPE. */
	:: full(to_satellite) -> skip
	fi;
	do
	:: atomic { to_launcher ? kind, about ->
#ifndef UNNUMBERED
			if
			:: about != n && about != 0 -> skip
			:: else ->
#else
			if
			:: true ->
#endif
				if
				:: kind == fd ->
#ifdef HOARDING
					kept++;
#else
					kept = 1;
#endif
					assert(kept <= 1)
				:: kind == done -> assert(taken || carried[n]); said = done; break
				:: kind == fault -> break
				fi
			fi
		}
	:: atomic { !satellite && empty(to_launcher) -> break }
	:: atomic { minds_init && init_ended -> break }
#ifndef PATIENT
	/* The deadline. */
	:: break
#endif
	od
}

active proctype Launcher() {
	mtype said, kind;
	byte about;

	STEP(satellite = true; run Satellite());
	STEP(to_satellite ! fd(0));
	ask(1, true);
	if
	:: said == done -> skip
	:: else -> goto undo
	fi;
	ask(2, true);
	if
	:: said == done -> STEP(report = made); goto over
	:: else -> skip
	fi;
undo:
	/* It is bounded as the others are, and its outcome changes nothing. */
	ask(UNDO, false);
over:
	STEP(killed = true; kept = 0);
	STEP(!satellite);
	STEP(if :: report == going -> report = failed :: else fi);
dead:
	atomic {
		launcher = false;
		/* PR_SET_PDEATHSIG. */
#ifndef DEAF
		killed = true;
#endif
		assert(report != made || taken || (carried[1] && carried[2]))
	}
}
