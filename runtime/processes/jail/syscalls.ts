// The system calls that no child needs once it runs, by their numbers on both architectures, and what each answers instead.
// Invariant: a call of this table never reaches the kernel's own code. What is not in it is left to namespaces and capabilities.

/** An error number of Linux. */
export const EPERM = 1
export const ENOSYS = 38
export const EAFNOSUPPORT = 97

/** Numbers on x86-64 and on AArch64; null where the architecture does not have the call. */
type Numbers = readonly [x64: number | null, arm64: number | null]

export interface DeniedCall {
  readonly name: string
  readonly numbers: Numbers
  readonly errno: number
}

/** The newest call that this table was written for (mseal, Linux 6.10). Later ones do not exist, as on an older kernel. */
export const LAST_KNOWN = 462

export const DENIED: readonly DeniedCall[] = [
  // Other processes: their memory, registers, descriptors and signals.
  ...deny(EPERM, {
    ptrace: [101, 117],
    process_vm_readv: [310, 270],
    process_vm_writev: [311, 271],
    kcmp: [312, 272],
    pidfd_send_signal: [424, 424],
    pidfd_open: [434, 434],
    pidfd_getfd: [438, 438],
    process_madvise: [440, 440],
    process_mrelease: [448, 448],
  }),
  // Interpreters and rings in the kernel, by which most of it was broken in recent years. libuv does without io_uring.
  ...deny(EPERM, { bpf: [321, 280], perf_event_open: [298, 241], userfaultfd: [323, 282] }),
  ...deny(ENOSYS, { io_uring_setup: [425, 425], io_uring_enter: [426, 426], io_uring_register: [427, 427] }),
  // Keys, which have no namespace of their own.
  ...deny(EPERM, { keyctl: [250, 219], add_key: [248, 217], request_key: [249, 218] }),
  // New namespaces. The flags of clone3 are in memory, where a filter cannot look: glibc then uses clone, whose flags it can.
  ...deny(EPERM, { unshare: [272, 97], setns: [308, 268] }),
  ...deny(ENOSYS, { clone3: [435, 435] }),
  // Mounts and roots.
  ...deny(EPERM, {
    mount: [165, 40],
    umount2: [166, 39],
    pivot_root: [155, 41],
    chroot: [161, 51],
    open_tree: [428, 428],
    move_mount: [429, 429],
    fsopen: [430, 430],
    fsconfig: [431, 431],
    fsmount: [432, 432],
    fspick: [433, 433],
    mount_setattr: [442, 442],
    statmount: [457, 457],
    listmount: [458, 458],
  }),
  // Files past their paths, of devices, and in memory; watching those of others.
  ...deny(EPERM, {
    name_to_handle_at: [303, 264],
    open_by_handle_at: [304, 265],
    mknod: [133, null],
    mknodat: [259, 33],
    memfd_create: [319, 279],
    memfd_secret: [447, 447],
    fanotify_init: [300, 262],
    fanotify_mark: [301, 263],
    vmsplice: [278, 75],
    quotactl: [179, 60],
    quotactl_fd: [443, 443],
    lookup_dcookie: [212, 18],
  }),
  // The kernel itself, the machine and its clock.
  ...deny(EPERM, {
    kexec_load: [246, 104],
    kexec_file_load: [320, 294],
    init_module: [175, 105],
    finit_module: [313, 273],
    delete_module: [176, 106],
    swapon: [167, 224],
    swapoff: [168, 225],
    reboot: [169, 142],
    acct: [163, 89],
    syslog: [103, 116],
    sethostname: [170, 161],
    setdomainname: [171, 162],
    settimeofday: [164, 170],
    clock_settime: [227, 112],
    clock_adjtime: [305, 266],
    adjtimex: [159, 171],
    vhangup: [153, 58],
    iopl: [172, null],
    ioperm: [173, null],
    modify_ldt: [154, null],
    sysfs: [139, null],
    ustat: [136, null],
    uselib: [134, null],
    _sysctl: [156, null],
  }),
  // Filters and policies of their own; pages of other nodes.
  ...deny(EPERM, {
    seccomp: [317, 277],
    landlock_create_ruleset: [444, 444],
    landlock_add_rule: [445, 445],
    landlock_restrict_self: [446, 446],
    lsm_get_self_attr: [459, 459],
    lsm_set_self_attr: [460, 460],
    lsm_list_modules: [461, 461],
    remap_file_pages: [216, 234],
    mbind: [237, 235],
    set_mempolicy: [238, 237],
    get_mempolicy: [239, 236],
    migrate_pages: [256, 238],
    move_pages: [279, 239],
    set_mempolicy_home_node: [450, 450],
  }),
  // Inter-process communication of System V and POSIX.
  ...deny(ENOSYS, {
    shmget: [29, 194],
    shmat: [30, 196],
    shmctl: [31, 195],
    shmdt: [67, 197],
    semget: [64, 190],
    semop: [65, 193],
    semctl: [66, 191],
    semtimedop: [220, 192],
    msgget: [68, 186],
    msgsnd: [69, 189],
    msgrcv: [70, 188],
    msgctl: [71, 187],
    mq_open: [240, 180],
    mq_unlink: [241, 181],
    mq_timedsend: [242, 182],
    mq_timedreceive: [243, 183],
    mq_notify: [244, 184],
    mq_getsetattr: [245, 185],
  }),
]

/** Other processes than this one: only where a child starts programs. Threads are made by clone, with a flag. */
export const DENIED_WITHOUT_PROCESSES: readonly DeniedCall[] = deny(EPERM, {
  fork: [57, null],
  vfork: [58, null],
})

/** Calls that are denied by one of their arguments. */
export const CLONE: Numbers = [56, 220]
export const SOCKET: Numbers = [41, 198]
export const SOCKETPAIR: Numbers = [53, 199]
export const IOCTL: Numbers = [16, 29]
export const PERSONALITY: Numbers = [135, 92]

function deny(errno: number, calls: Readonly<Record<string, Numbers>>): DeniedCall[] {
  return Object.entries(calls).map(([name, numbers]) => ({ name, numbers, errno }))
}
