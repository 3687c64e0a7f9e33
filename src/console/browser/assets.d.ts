// What is served beside console.js under these names (src/console/assets.ts), and the types of the packages that it is.
declare module '*/auto-complete.js'
declare module '*/hotkey.js' {
  export function install(element: HTMLElement, hotkey?: string): void
}

/** The charts (a script of its own, not a module). */
declare const uPlot: typeof import('uplot').default
declare type uPlot = import('uplot').default
declare namespace uPlot {
  export type Options = import('uplot').Options
  export type Series = import('uplot').Series
  export type AlignedData = import('uplot').AlignedData
}
