// Verifiers that let something through, and the claim that is then false: a proof that could not fail proves nothing.
export interface Weakening {
  readonly proof: string;
  readonly file: string;
  /** What of the verifier is taken away, and what is there instead. */
  readonly change: readonly [string, string];
  /** The claim that is then false. */
  readonly claim: string;
}

export const weakenings: Readonly<Record<string, Weakening>> = {
  "uses a slot that was given away": {
    proof: "holds",
    file: "verify/slots.c",
    change: ["(state & live) != live", "0"],
    claim: "used where it is held",
  },
  "defines a slot again": {
    proof: "holds",
    file: "verify/slots.c",
    change: ["v->state->slots[op->out] & DEFINED", "0"],
    claim: "made once",
  },
  "takes a clone that stays a peer": {
    proof: "holds",
    file: "verify/slots.c",
    change: ["op->nums[OP_CLONE_TREE_NUM_PROPAGATION] == PROPAGATION_KEEP", "0"],
    claim: "no clone is a peer of a mount of the host",
  },
  "makes a device in a mount of the host": {
    proof: "holds",
    file: "verify/slots.c",
    change: ["op->phase != PHASE_HOST || v->state->slots[at] & NEW_TMPFS", "1"],
    claim: "the launcher makes devices only in a tmpfs of the plan",
  },
  "keeps a tree of mounts that are not locked": {
    proof: "holds",
    file: "verify/slots.c",
    change: ["HOST_TYPES | 1u << SLOT_TREE", "HOST_TYPES"],
    claim: "no handle on mounts that are not locked stays",
  },
  "changes a mount that is locked": {
    proof: "mounts",
    file: "verify/mounts.c",
    change: ["ISOLATED, ROOTED,   BAD_LOCK},", "ISOLATED, ROOTED,   LOCKED},"],
    claim: "nothing is mounted that is not locked",
  },
  "changes mounts that still reach the host's": {
    proof: "mounts",
    file: "verify/mounts.c",
    change: ["{NOT_OURS, EXPOSED,  ROOTED, ", "{NOT_OURS, ROOTED,   ROOTED, "],
    claim: "the host's mounts are out of reach",
  },
  "takes a second chroot": {
    proof: "mounts",
    file: "verify/mounts.c",
    change: ["creates && i == walk->entering", "creates"],
    claim: "once",
  },
  "opens a terminal of the host in a container": {
    proof: "mounts",
    file: "verify/mounts.c",
    change: ["step_of(op_at(v, i)) != JOIN", "1"],
    claim: "no container gets a terminal of the host",
  },
  "locks the mounts of a process that could not change them": {
    proof: "rights",
    file: "verify/rights.c",
    change: ["can >> CAP_SYS_ADMIN & 1", "1"],
    claim: "the owner of locked mounts gains nothing by them",
  },
  "lets init be seen after a change of its ids": {
    proof: "unseen",
    file: "verify/unseen.c",
    change: ["op->code != OP_BECOME && op->code != OP_SET_IDS", "1"],
    claim: "hidden before anything else",
  },
  "lets init fork as root of the host": {
    proof: "unseen",
    file: "verify/unseen.c",
    change: ["enters_userns(op) || ", ""],
    claim: "nobody from outside is seen inside",
  },
  "forks while it holds the host": {
    proof: "holds",
    file: "verify/slots.c",
    change: ["op->code == OP_FORK", "0"],
    claim: "nothing that leads to the host is seen",
  },
  "keeps a clone of the host's mounts over the root transition": {
    proof: "holds",
    file: "verify/slots.c",
    change: ["types, OF_HOST, root", "types, 0, root"],
    claim: "no handle on the host comes along",
  },
  "starts a stack in the host's users": {
    proof: "network",
    file: "verify/network.c",
    change: ["(definer->nums[OP_CLONE_NUM_NAMESPACES] & NS_USER) != 0", "1"],
    claim: "a stack for init, in namespaces of its own",
  },
  "starts a stack while init goes on": {
    proof: "network",
    file: "verify/network.c",
    change: ["op_first(v, OP_RELEASE) < i", "0"],
    claim: "a stack before init goes on",
  },
  "takes rules that leave addresses open": {
    proof: "network",
    file: "verify/network.c",
    change: ["return (last[4] | last[5] | last[6]) == 0;", "return 1;"],
    claim: "a rule for every address",
  },
};
