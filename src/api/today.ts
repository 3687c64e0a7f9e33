/** The date now, `YYYY-MM-DD`, in UTC: what a charge or a bill run is dated when its caller names no date. */
export const today = () => new Date().toISOString().slice(0, 10)
