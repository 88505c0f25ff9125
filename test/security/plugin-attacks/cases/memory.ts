// Attacks on memory: V8's heap, what lies outside it, and built-ins that bring V8 down.

import type { AttackCase } from '../attack-case.ts'
import { ANY, FAILED } from './outcomes.ts'

export const MEMORY_CASES: readonly AttackCase[] = [
  {
    id: 'R07',
    title: 'JSON.parse of 8 MB in a loop',
    attack: 'const s="["+Array(2e6).fill("[1]").join(",")+"]"; const k=[]; for(;;)k.push(JSON.parse(s));',
    answers: FAILED,
  },
  {
    id: 'R08',
    title: 'JSON.stringify of depth 200,000',
    attack: 'let o={};let p=o;for(let i=0;i<2e5;i++){p=p.a={};} JSON.stringify(o);',
    answers: FAILED,
  },
  {
    id: 'R09',
    title: 'text that doubles',
    attack: 'let s="x"; const k=[]; for(;;){s+=s; k.push(s.split(""));}',
    answers: FAILED,
  },
  {
    id: 'R10',
    title: 'huge texts through JSON',
    attack:
      'const k=[]; for(;;){ const s="x".repeat(2**28)+Math.random(); JSON.parse(JSON.stringify({s})); k.push(s);}',
    answers: FAILED,
  },
  { id: 'R12', title: 'spread of a huge text', attack: '[...".".repeat(5e8)];', answers: FAILED },
  {
    id: 'R13',
    title: 'small objects without end',
    attack: 'const k=[]; for(;;)k.push({a:Math.random()});',
    answers: FAILED,
  },
  {
    id: 'R14',
    title: 'one ArrayBuffer of 1 GiB',
    attack: 'const b=new ArrayBuffer(2**30); new Uint8Array(b).fill(1); return b.byteLength;',
    answers: FAILED,
  },
  {
    id: 'R15',
    title: '3,000 ArrayBuffers of 1 MiB',
    attack:
      'const k=[]; for(let i=0;i<3000;i++){const u=new Uint8Array(1<<20); u.fill(i); k.push(u);} return k.length;',
    answers: FAILED,
  },
  {
    id: 'R16',
    title: 'WebAssembly.Memory of 2 GiB',
    attack:
      'const m=new WebAssembly.Memory({initial:1,maximum:65536}); m.grow(30000); new Uint8Array(m.buffer).fill(1); return m.buffer.byteLength;',
    answers: [500],
    note: 'there is no WebAssembly',
  },
  {
    id: 'R17',
    title: 'SharedArrayBuffer of 1 GiB',
    attack: 'const b=new SharedArrayBuffer(2**30); new Uint8Array(b).fill(1); return b.byteLength;',
    answers: [500],
    note: 'there is no SharedArrayBuffer',
  },
  { id: 'R18', title: 'recursion without end', attack: 'const f=()=>f(); f();', answers: [500] },
  {
    id: 'R19',
    title: 'recursion in a Proxy',
    attack: 'const p=new Proxy({},{get(t,k,r){return r[k]}}); p.x;',
    answers: [500],
  },
  {
    id: 'R20',
    title: 'powers of a BigInt',
    attack: 'let x=3n; for(let i=0;i<40;i++)x=x*x; return String(x).length;',
    answers: FAILED,
  },
  {
    id: 'R25',
    title: 'Map up to its limit',
    attack: 'const m=new Map(); for(let i=0;;i++)m.set(i,i);',
    answers: FAILED,
  },
  { id: 'R31', title: 'eval of 400 MB', attack: 'eval("1".repeat(40).repeat(1e7));', answers: FAILED },
  {
    id: 'R32',
    title: 'eval of depth 200,000',
    attack: 'eval("[".repeat(2e5)+"]".repeat(2e5));',
    answers: FAILED,
  },
  {
    id: 'R33',
    title: 'view of a shrunk buffer, as the answer',
    attack:
      'const buffer=new ArrayBuffer(8,{maxByteLength:16}); const view=new Uint8Array(buffer,4,4); buffer.resize(2); return new Response(view);',
    answers: ANY,
  },
  {
    id: 'R34',
    title: 'array from a buffer of 100 MB',
    attack:
      'const ab=new ArrayBuffer(100*1024*1024); let view=new Array(ab.byteLength); let a=new Uint8Array(ab); let i=view.length; while(i--)view[i]=a[i];',
    answers: FAILED,
  },
  {
    id: 'R35',
    title: 'ten million keys',
    attack: 'let o={}; for(let i=0;i<1e7;i++)o["a"+i]="WKEGJLWBEGJLWENGLKWENLKGNWELKGN"+i; return 1;',
    answers: FAILED,
  },
  {
    id: 'R48',
    title: 'Intl objects without end',
    attack:
      'const k=[]; for(let i=0;;i++){k.push(new Intl.DateTimeFormat("en-US",{timeZone:"Europe/Berlin"}));}',
    answers: FAILED,
  },
  {
    id: 'R49',
    title: 'stack traces without a limit',
    attack:
      'Error.stackTraceLimit=Infinity; const f=n=>n?f(n-1):new Error("d").stack.length; const k=[]; for(;;)k.push(f(5000));',
    answers: FAILED,
  },
  {
    id: 'R52',
    title: 'text that replace() blows up',
    attack:
      'let s="$&".repeat(1000); let t="a".repeat(1e5); for(let i=0;i<6;i++)t=t.replace(/a/g,s); return t.length;',
    answers: FAILED,
  },
  {
    id: 'R57',
    title: 'ropes that are flattened',
    attack:
      'let s="a"; for(let i=0;i<28;i++)s=s+s; const r=[]; for(let i=0;i<50;i++)r.push((s+i).charCodeAt(5)); return r.length;',
    answers: ANY,
  },
  {
    id: 'R58',
    title: 'symbols of the registry without end',
    attack: 'for(let i=0;;i++)Symbol.for("k"+i+"x".repeat(1000));',
    answers: FAILED,
  },
  {
    id: 'R60',
    title: 'Intl.Segmenter on 20 million characters',
    attack:
      'const s=new Intl.Segmenter("en"); let n=0; for(const x of s.segment("e\\u0301".repeat(2e7)))n++; return n;',
    answers: FAILED,
  },
  {
    id: 'R70',
    title: 'text that replace() blows up, small',
    attack:
      'let s="$&".repeat(100);let t="a".repeat(1e4);for(let i=0;i<8;i++)t=t.replace(/a/g,s);return t.length;',
    answers: FAILED,
  },
  {
    id: 'R71',
    title: 'DataView of a shrunk buffer, as the answer',
    attack:
      'const b=new ArrayBuffer(16,{maxByteLength:32});const v=new DataView(b,8);b.resize(4);return new Response(v);',
    answers: ANY,
  },
  {
    id: 'R73',
    title: '1,000 memories of WebAssembly',
    attack:
      'const k=[];for(let i=0;i<1000;i++)k.push(new WebAssembly.Memory({initial:100}));return k.length;',
    answers: [500],
    note: 'there is no WebAssembly',
  },
]

/** At the largest limit that an operator may think of, the process must still be the one that pays. */
export const LARGE_LIMIT_CASES: readonly AttackCase[] = [
  {
    id: '40',
    title: 'array from a buffer of 100 MB at a limit of 512 MB',
    attack:
      'const ab=new ArrayBuffer(100*1024*1024); let view=new Array(ab.byteLength); let a=new Uint8Array(ab); let i=view.length; while(i--)view[i]=a[i];',
    manifest: { limits: { deadlineMs: 5000, cpuMs: 3000, memoryMb: 512 } },
    answers: FAILED,
  },
]
