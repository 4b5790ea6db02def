/**
 * A small deny-list for guests, as the bytes of a classic BPF program (seccomp(2), linux/filter.h): calls that have been
 * the way out of sandboxes, or that no service needs. It comes on top of namespaces and dropped capabilities. Calls are
 * refused with EPERM; clone3 with ENOSYS, so that C libraries fall back to clone, whose flags can be looked at.
 */
interface Architecture {
  /** AUDIT_ARCH_* of linux/audit.h. */
  readonly audit: number;
  readonly denied: readonly number[];
  readonly clone: number;
  readonly clone3: number;
  readonly ioctl: number;
  /** x86-64 has a second table of calls, reached by this bit. */
  readonly otherTableBit?: number;
}

const everywhere = [
  425,
  426,
  427, // io_uring_setup, _enter, _register
  428,
  429,
  430,
  431,
  432,
  433,
  442, // open_tree, move_mount, fsopen, fsconfig, fsmount, fspick, mount_setattr
  438, // pidfd_getfd
];

const architectures: Readonly<Partial<Record<NodeJS.Architecture, Architecture>>> = {
  x64: {
    audit: 0xc000003e,
    clone: 56,
    clone3: 435,
    ioctl: 16,
    otherTableBit: 0x40000000,
    denied: [
      ...everywhere,
      101,
      310,
      311, // ptrace, process_vm_readv, process_vm_writev
      248,
      249,
      250, // add_key, request_key, keyctl
      155,
      165,
      166,
      161,
      272,
      308, // pivot_root, mount, umount2, chroot, unshare, setns
      298,
      321,
      323, // perf_event_open, bpf, userfaultfd
      175,
      176,
      313,
      246,
      320, // init_module, delete_module, finit_module, kexec_load, kexec_file_load
      103,
      153,
      163,
      167,
      168,
      169,
      172,
      173,
      179, // syslog, vhangup, acct, swapon, swapoff, reboot, iopl, ioperm, quotactl
      159,
      164,
      227,
      305,
      304, // adjtimex, settimeofday, clock_settime, clock_adjtime, open_by_handle_at
    ],
  },
  arm64: {
    audit: 0xc00000b7,
    clone: 220,
    clone3: 435,
    ioctl: 29,
    denied: [
      ...everywhere,
      117,
      270,
      271, // ptrace, process_vm_readv, process_vm_writev
      217,
      218,
      219, // add_key, request_key, keyctl
      41,
      40,
      39,
      51,
      97,
      268, // pivot_root, mount, umount2, chroot, unshare, setns
      241,
      280,
      282, // perf_event_open, bpf, userfaultfd
      105,
      106,
      273,
      104,
      294, // init_module, delete_module, finit_module, kexec_load, kexec_file_load
      116,
      58,
      89,
      224,
      225,
      142,
      60, // syslog, vhangup, acct, swapon, swapoff, reboot, quotactl
      171,
      170,
      112,
      266,
      265, // adjtimex, settimeofday, clock_settime, clock_adjtime, open_by_handle_at
    ],
  },
};

// CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET.
const newNamespaces = 0x7e020000;
// Pushes characters into a terminal's input.
const tiocsti = 0x5412;

const errnoOf = { EPERM: 1, ENOSYS: 38 } as const;
const allow = 0x7fff0000;
const refuse = (errno: keyof typeof errnoOf) => 0x00050000 | errnoOf[errno];

// BPF_LD|W|ABS, BPF_JMP|JEQ|K, BPF_JMP|JSET|K, BPF_RET|K.
const [load, jumpIfEqual, jumpIfSet, give] = [0x20, 0x15, 0x45, 0x06];
// struct seccomp_data: nr, arch, instruction_pointer, args[6]; both architectures are little-endian.
const [offsetCall, offsetArch, offsetArg0, offsetArg1] = [0, 4, 16, 24];

type Instruction = readonly [code: number, whenTrue: number, whenFalse: number, value: number];

/** Where the calls of an architecture are not known, everything is allowed: `isFiltered` says so. */
export function seccompFilter(arch: NodeJS.Architecture): Uint8Array {
  const architecture = architectures[arch];
  return encode(architecture === undefined ? [[give, 0, 0, allow]] : program(architecture));
}

export function isFiltered(arch: NodeJS.Architecture): boolean {
  return architectures[arch] !== undefined;
}

function program({ audit, denied, clone, clone3, ioctl, otherTableBit }: Architecture): Instruction[] {
  const verdict = (value: number): Instruction => [give, 0, 0, value];
  /** Skips the next instruction unless equal. */
  const equal = (value: number): Instruction => [jumpIfEqual, 0, 1, value];
  return [
    [load, 0, 0, offsetArch],
    [jumpIfEqual, 1, 0, audit],
    verdict(refuse("EPERM")),
    [load, 0, 0, offsetCall],
    ...(otherTableBit === undefined ? [] : [[jumpIfSet, 0, 1, otherTableBit] as const, verdict(refuse("EPERM"))]),
    ...denied.flatMap((call) => [equal(call), verdict(refuse("EPERM"))]),
    equal(clone3),
    verdict(refuse("ENOSYS")),
    [jumpIfEqual, 0, 3, clone],
    [load, 0, 0, offsetArg0],
    [jumpIfSet, 0, 4, newNamespaces],
    verdict(refuse("EPERM")),
    [jumpIfEqual, 0, 2, ioctl],
    [load, 0, 0, offsetArg1],
    [jumpIfEqual, 1, 0, tiocsti],
    verdict(allow),
    verdict(refuse("EPERM")),
  ];
}

function encode(instructions: readonly Instruction[]): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(instructions.length * 8));
  for (const [index, [code, whenTrue, whenFalse, value]] of instructions.entries()) {
    bytes.setUint16(index * 8, code, true);
    bytes.setUint8(index * 8 + 2, whenTrue);
    bytes.setUint8(index * 8 + 3, whenFalse);
    bytes.setUint32(index * 8 + 4, value, true);
  }
  return new Uint8Array(bytes.buffer);
}
