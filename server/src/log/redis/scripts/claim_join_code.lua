-- Gives a join code to a room unless another has it and it has not expired. Answers whether.
-- KEYS: code. ARGV: room, expiry in twenty digits, now in twenty digits, milliseconds to keep it,
-- the secret of its link or nothing.
local room, expiry = unpack(redis.call('HMGET', KEYS[1], 'room', 'expires'))
if room and room ~= ARGV[1] and expiry > ARGV[3] then
  return false
end
redis.call('HSET', KEYS[1], 'room', ARGV[1], 'expires', ARGV[2], 'secret', ARGV[5])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return true
