# A deep network: units and their weights, blue above 0, red below, faint where small.
eval start(560, 320)
unset border
unset tics
unset colorbox
set key off
set margins 2,2,2,2
set xrange [-0.4:4.4]
set yrange [-3:3.1]
clip(w) = abs(w) > 1 ? 1 : abs(w)
colour(w) = (int(230 * (1 - clip(w))) << 24) + (w > 0 ? 0x2166ac : 0xc0392b)
do for [layer = 0:4] {
    set label word("inputs hidden hidden hidden outputs", layer + 1) at layer,2.75 center textcolor rgb dark
}
plot file("weights.dat") using 1:2:(1):($3 - $2):(colour($4)) with vectors nohead lw 1.5 lc rgb variable, \
     "" using 1:2 with points pt 7 ps 1.9 lc rgb "#f0c75e", \
     "" using ($1 + 1):3 with points pt 7 ps 1.9 lc rgb "#f0c75e"
