/** What `/proc/self/ns/user` of the first user namespace leads to: PROC_USER_INIT_INO of the kernel. */
export const initialUserns = "user:[4026531837]";
