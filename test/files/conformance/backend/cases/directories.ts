// Iteration over folders.

import { type Cases, equal, newFile, newFolder, type Root, rejects } from '../kit.ts'

async function withThree(root: Root): Promise<void> {
  await newFile(root, 'one', 'one')
  await newFile(root, 'two', 'two')
  await newFolder(root, 'three')
}

const THREE = ['one file', 'three directory', 'two file']

export const directories: Cases = {
  async '@@asyncIterator: full iteration works'(root) {
    await withThree(root)
    const found: string[] = []
    for await (const [name, handle] of root) {
      equal(handle.name, name)
      found.push(`${name} ${handle.kind}`)
    }
    equal(found.sort(), THREE)
  },
  async '@@asyncIterator: iteration over empty directory'(root) {
    for await (const each of root) throw new Error(`There is ${each[0]}`)
  },
  async '@@asyncIterator: iteration over non-existing directory should fail'(root) {
    const folder = await newFolder(root, 'sub')
    await root.removeEntry('sub')
    await rejects('NotFoundError', folder.entries().next())
  },
  async 'entries: full iteration works'(root) {
    await withThree(root)
    const found: string[] = []
    for await (const [name, { kind }] of root.entries()) found.push(`${name} ${kind}`)
    equal(found.sort(), THREE)
  },
  async 'values: full iteration works'(root) {
    await withThree(root)
    const found: string[] = []
    for await (const { name, kind } of root.values()) found.push(`${name} ${kind}`)
    equal(found.sort(), THREE)
  },
  async 'keys: full iteration works'(root) {
    await withThree(root)
    const found: string[] = []
    for await (const name of root.keys()) found.push(name)
    equal(found.sort(), ['one', 'three', 'two'])
  },
  async 'iteration while iterator gets garbage collected'(root) {
    await withThree(root)
    const found: string[] = []
    for await (const [name] of root) {
      found.push(name)
      new Uint8Array(1_000_000).fill(1)
    }
    equal(found.length, 3)
  },
  async 'parallel iteration over one directory works'(root) {
    await withThree(root)
    const count = async () => (await Array.fromAsync(root.keys())).length
    equal(await Promise.all([count(), count(), count()]), [3, 3, 3])
  },
  async 'an iteration that was left can be begun again'(root) {
    await withThree(root)
    for await (const _ of root) break
    equal((await Array.fromAsync(root.keys())).length, 3)
  },
}
