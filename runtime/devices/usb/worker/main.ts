// The device process: alone loads the "usb" package to reach devices, and can be killed at any moment. It runs no code of plugins; what
// devices say, and the bytes that plugins send them, are hostile.

import { UsbError } from '../../../../sdk/protocol/usb-error.ts'
import { confineProcess } from '../../../processes/child/confine.ts'
import { serveWorker, type WorkerResult } from '../../../processes/child/serve-worker.ts'
import type { UsbCall, UsbMethod, UsbReplyHead } from './calls.ts'
import { DeviceCalls } from './device-calls.ts'
import { loadNative, type NativeUsb } from './native.ts'

// Nothing can be loaded once the process is confined.
const loaded: NativeUsb | Error = await loadNative().catch((error: unknown) =>
  error instanceof Error ? error : new Error('There is no USB library for this machine'),
)
const calls = new DeviceCalls(() => {
  if (loaded instanceof Error) throw loaded
  return loaded
})

serveWorker<UsbCall>(async (call, data = new Uint8Array(0)): Promise<WorkerResult> => {
  try {
    const { result, bytes } = await calls.answer(call, data)
    return { head: { result }, body: bytes }
  } catch (error) {
    if (!(error instanceof UsbError)) throw error
    return { head: { error: error.code, message: error.message } satisfies UsbReplyHead<UsbMethod> }
  }
})
confineProcess()
