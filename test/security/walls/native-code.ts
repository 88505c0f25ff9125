// Native code without a compiler: a program for Linux on x86-64 that makes the given system calls and writes their results.

export interface SystemCall {
  readonly number: number
  /** Up to six; a string is the address of its bytes, ended by a zero. */
  readonly arguments?: readonly (number | bigint)[]
}

const BASE = 0x40_0000
const HEADERS = 64 + 56
const WRITE = 1
const EXIT = 60

/** Machine code that loads a 64-bit constant into a register: rax, then those of the arguments in their order. */
const LOAD = [
  [0x48, 0xb8],
  [0x48, 0xbf],
  [0x48, 0xbe],
  [0x48, 0xba],
  [0x49, 0xba],
  [0x49, 0xb8],
  [0x49, 0xb9],
] as const
const LOAD_RBX = [0x48, 0xbb]
const SYSCALL = [0x0f, 0x05]
/** mov [rbx], rax; add rbx, 8 */
const KEEP = [0x48, 0x89, 0x03, 0x48, 0x83, 0xc3, 0x08]
/** test rax, rax; jnz over the end of a process that the call has made. */
const UNLESS_CHILD = [0x48, 0x85, 0xc0, 0x75]

/** An executable file. It prints eight bytes for each call, little-endian: a negative number is an error. */
export function programOf(calls: readonly SystemCall[]): Buffer {
  const end = [...call({ number: EXIT, arguments: [0] })]
  const made = calls.flatMap((each) => [...call(each), ...UNLESS_CHILD, end.length, ...end, ...KEEP])
  const length = 10 + made.length + call({ number: WRITE, arguments: [0, 0, 0] }).length + end.length
  const results = BASE + HEADERS + length
  const code = [
    ...LOAD_RBX,
    ...quad(results),
    ...made,
    ...call({ number: WRITE, arguments: [1, results, calls.length * 8] }),
    ...end,
  ]
  const size = HEADERS + code.length + calls.length * 8
  return Buffer.concat([headers(size), Buffer.from(code), Buffer.alloc(calls.length * 8)])
}

/** The error number of each result; 0 for a call that worked. */
export function errorsOf(output: Buffer): readonly number[] {
  return Array.from({ length: output.length / 8 }, (_, index) =>
    Math.max(0, -Number(output.readBigInt64LE(index * 8))),
  )
}

function call({ number, arguments: values = [] }: SystemCall): number[] {
  const constants = [number, ...values, 0, 0, 0, 0, 0, 0].slice(0, LOAD.length)
  return [...LOAD.flatMap((code, index) => [...code, ...quad(constants[index] ?? 0)]), ...SYSCALL]
}

function quad(value: number | bigint): number[] {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)))
  return [...bytes]
}

/** An ELF file with one segment that is loaded as a whole. */
function headers(size: number): Buffer {
  const bytes = Buffer.alloc(HEADERS)
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1])
  bytes.writeUInt16LE(2, 16) // Executable
  bytes.writeUInt16LE(62, 18) // x86-64
  bytes.writeUInt32LE(1, 20)
  bytes.writeBigUInt64LE(BigInt(BASE + HEADERS), 24)
  bytes.writeBigUInt64LE(64n, 32)
  bytes.writeUInt16LE(64, 52)
  bytes.writeUInt16LE(56, 54)
  bytes.writeUInt16LE(1, 56)
  bytes.writeUInt32LE(1, 64) // To be loaded
  bytes.writeUInt32LE(7, 68) // Readable, writable, executable
  bytes.writeBigUInt64LE(BigInt(BASE), 80)
  bytes.writeBigUInt64LE(BigInt(BASE), 88)
  bytes.writeBigUInt64LE(BigInt(size), 96)
  bytes.writeBigUInt64LE(BigInt(size), 104)
  bytes.writeBigUInt64LE(0x1000n, 112)
  return bytes
}
