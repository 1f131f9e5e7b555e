# The weights of every hidden unit as an image of 8 x 8 pixels.
eval start(720, 400)
set palette defined (-1 "#c0392b", 0 "#ffffff", 1 "#2166ac") maxcolors 32
set cbrange [-0.8:0.8]
set multiplot layout 4,6 margins 0.03,0.86,0.04,0.96 spacing 0.015,0.03
set size ratio 1
set border 15 lc rgb "#aaaaaa"
unset tics
unset key
set yrange [7.5:-0.5]
set xrange [-0.5:7.5]
do for [unit = 0:23] {
    if (unit == 23) {
        set colorbox user origin 0.9,0.1 size 0.025,0.8
        set cbtics ("–0.8" -0.8, "0" 0, "0.8" 0.8) textcolor rgb dark
        set cblabel "weight" textcolor rgb dark
    } else { unset colorbox }
    plot file("weights.dat") index unit matrix with image pixels
}
unset multiplot
