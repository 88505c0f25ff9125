// Runs inside the virtual machine: USB devices that are programs. The kernel's vhci_hcd gives a port to whatever speaks the protocol of
// USB/IP (https://docs.kernel.org/usb/usbip_protocol.html) on a socket, and asks it for every descriptor and transfer: any byte may be a lie.
// Debian's kernel has gadgets on dummy_hcd, too, but checks their descriptors itself, and it has no raw_gadget.

import { once } from 'node:events'
import { rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'

export interface Setup {
  readonly requestType: number
  readonly request: number
  readonly value: number
  readonly index: number
  readonly length: number
}

/** Bytes (none for what was only taken), a stall, or no answer at all. */
export type Answer = Uint8Array | 'stall' | 'silence'

export interface DeviceModel {
  control(setup: Setup, data: Uint8Array): Answer
  /** @param length that is asked for; of `data` when it is sent */
  transfer(endpoint: number, isIn: boolean, length: number, data: Uint8Array): Answer
  /** More is answered than was asked for. */
  readonly isOverlong?: boolean
  /** How long it takes for an answer to a control transfer. */
  readonly delayMs?: (setup: Setup) => number
}

export interface Attached {
  /** As if it were pulled out. */
  detach(): void
}

const ATTACH = '/sys/devices/platform/vhci_hcd.0/attach'
/** Ports of a controller: the first half is for high speed. */
const PORTS = 30
const HIGH_SPEED = 3
const HEADER = 48
const [SUBMIT, UNLINK, SUBMITTED, UNLINKED] = [1, 2, 3, 4]
const [EPIPE, ECONNRESET] = [-32, -104]
const NOTHING = new Uint8Array(0)

/** Plugs it into a port of its own. A controller waits for a device that does not answer: what should work meanwhile is at another one. */
export async function attach(model: DeviceModel, controller: number, port = 0): Promise<Attached> {
  const path = `/run/usbip-${controller}-${port}`
  const server = createServer({ pauseOnConnect: true }).listen(path)
  await once(server, 'listening')
  const device = connect(path)
  const [kernelSide] = (await once(server, 'connection')) as [Socket]
  const { fd } = (kernelSide as unknown as { readonly _handle: { readonly fd: number } })._handle
  new Conversation(device, model)
  writeFileSync(ATTACH, `${controller * PORTS + port} ${fd} ${controller * 100 + port + 1} ${HIGH_SPEED}`)
  // The kernel has it now.
  kernelSide.destroy()
  server.close()
  rmSync(path, { force: true })
  return { detach: () => void device.destroy() }
}

interface Reply {
  readonly status?: number
  readonly length?: number
  readonly sent?: Uint8Array
}

class Conversation {
  readonly #socket: Socket
  readonly #model: DeviceModel
  /** Numbers of what was not answered yet: a second answer, or one to what was taken back, would end the connection. */
  readonly #open = new Set<number>()
  #received = Buffer.alloc(0)

  constructor(socket: Socket, model: DeviceModel) {
    this.#socket = socket
    this.#model = model
    socket.on('data', (piece: Buffer) => this.#take(piece))
    // The kernel hangs up on a device that answers nonsense, and so does `detach()`.
    socket.on('error', () => socket.destroy())
  }

  #take(piece: Buffer): void {
    this.#received = Buffer.concat([this.#received, piece])
    while (this.#received.length >= HEADER) {
      const head = this.#received.subarray(0, HEADER)
      const isOut = head.readUInt32BE(0) === SUBMIT && head.readUInt32BE(12) === 0
      const end = HEADER + (isOut ? head.readUInt32BE(24) : 0)
      if (this.#received.length < end) return
      const data = this.#received.subarray(HEADER, end)
      this.#received = this.#received.subarray(end)
      if (head.readUInt32BE(0) === SUBMIT) this.#submit(head, data)
      else if (head.readUInt32BE(0) === UNLINK) {
        const wasOpen = this.#open.delete(head.readUInt32BE(20))
        this.#reply(UNLINKED, head, { status: wasOpen ? ECONNRESET : 0 })
      }
    }
  }

  #submit(head: Buffer, data: Buffer): void {
    const isIn = head.readUInt32BE(12) === 1
    const endpoint = head.readUInt32BE(16)
    const length = head.readUInt32BE(24)
    this.#open.add(head.readUInt32BE(4))
    if (endpoint !== 0) {
      this.#answer(head, this.#model.transfer(endpoint, isIn, length, data))
      return
    }
    const setup = setupOf(head.subarray(40))
    const answer = (): void => this.#answer(head, this.#model.control(setup, data))
    const delayMs = this.#model.delayMs?.(setup) ?? 0
    if (delayMs === 0) answer()
    else setTimeout(answer, delayMs)
  }

  #answer(head: Buffer, answer: Answer): void {
    if (answer === 'silence' || !this.#open.delete(head.readUInt32BE(4))) return
    const [isIn, length] = [head.readUInt32BE(12) === 1, head.readUInt32BE(24)]
    if (answer === 'stall') this.#reply(SUBMITTED, head, { status: EPIPE })
    else if (!isIn) this.#reply(SUBMITTED, head, { length })
    else {
      const sent = this.#model.isOverlong === true ? answer : answer.subarray(0, length)
      this.#reply(SUBMITTED, head, { length: sent.length, sent })
    }
  }

  #reply(command: number, asked: Buffer, { status = 0, length = 0, sent = NOTHING }: Reply): void {
    const head = Buffer.alloc(HEADER)
    head.writeUInt32BE(command, 0)
    asked.copy(head, 4, 4, 8)
    head.writeInt32BE(status, 20)
    head.writeUInt32BE(length, 24)
    // No isochronous packets.
    if (command === SUBMITTED) head.writeUInt32BE(0xffffffff, 32)
    this.#socket.write(Buffer.concat([head, sent]))
  }
}

function setupOf(bytes: Buffer): Setup {
  return {
    ...{ requestType: bytes.readUInt8(0), request: bytes.readUInt8(1) },
    ...{ value: bytes.readUInt16LE(2), index: bytes.readUInt16LE(4), length: bytes.readUInt16LE(6) },
  }
}
