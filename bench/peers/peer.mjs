/** Loads a peer's library, or ends this contestant with a message that says how to install it. */
export async function peer(load) {
  try {
    return await load();
  } catch (error) {
    console.error(`${error.message.split("\n")[0]}: npm install --prefix bench`);
    process.exit(1);
  }
}
